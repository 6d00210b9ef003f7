"""The demand frame, the baselines, the fit and the backtest, on small frames."""

import numpy as np
import pandas as pd
import pytest

from batch_assets.features.category_demand import CategoryDemand
from batch_assets.features.store_demand import StoreDemand
from batch_assets.models._demand import fit
from batch_assets.models._demand.backtest import score, wape
from batch_assets.models._demand.fit import Forecast, Forecaster, train
from batch_assets.models._demand.frame import WEEKDAYS, Frame, build_frame, joined

WEEKS = {f"{weekday}_days": 13 for weekday in WEEKDAYS}


def demand(category: str = "MILK", **known: int) -> pd.DataFrame:
    """Return one row of features; what is not given is 0."""
    columns = dict.fromkeys((name for name in CategoryDemand.columns() if name not in ("batch_date", "category")), 0)
    return pd.DataFrame([{"batch_date": pd.Timestamp("2017-03-06"), "category": category, **columns, "days_known": 91, **WEEKS, **known}])


def calendar(*closed: int) -> pd.DataFrame:
    """Return the seven days to come; those of the given horizons are closed."""
    start = pd.Timestamp("2017-03-06")
    return pd.DataFrame(
        [
            {
                "batch_date": start, "target_date": start + pd.Timedelta(days=h), "horizon": h, "weekday": h % 7, "day_of_month": 6 + h,
                "is_closed": h in closed, "days_to_holiday": 30, "days_since_holiday": 30, "holiday_in": 30, "holiday_ago": 30,
            }
            for h in range(1, 8)
        ]
    )  # fmt: skip


def frame_of(known: pd.DataFrame, to_come: pd.DataFrame) -> Frame:
    """Return the frame of some categories, which are all that the store has."""
    sums = [name for name in StoreDemand.columns() if name not in ("batch_date", "categories")]
    return build_frame(joined(known, to_come, known.groupby("batch_date", as_index=False)[sums].sum()))


def random_frame(rows: int = 400) -> tuple[Frame, "np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    """Return a frame of many categories, and what was sold."""
    chance = np.random.default_rng(1)
    known = pd.concat([demand(f"C{n:03}", units_28d=28 * int(level), units_56d=56 * int(level)) for n, level in enumerate(chance.integers(1, 50, rows))])
    frame = frame_of(known, calendar())
    return frame, chance.poisson(frame.scale).astype(float)


def test_the_baselines_follow_level_and_weekday() -> None:
    frame = frame_of(demand(units_28d=28 * 10, units_56d=56 * 10, tue_56d=8 * 20, tue_7d=33), calendar())
    assert frame.baselines["level x weekday"].tolist() == [20.0, *[0.0] * 6]
    assert frame.baselines["seasonal naive"].tolist() == [33.0, *[0.0] * 6]


def test_a_closed_day_is_forecast_as_zero_by_every_method() -> None:
    frame, sold = random_frame()
    model = train(frame, sold)
    closed = frame_of(demand("C001", units_28d=280, units_56d=560, tue_56d=80, tue_7d=9), calendar(1))
    made = Forecaster(model).forecast(closed)
    assert (made.units[0], made.lower[0], made.upper[0]) == (0, 0, 0)
    assert [baseline[0] for baseline in closed.baselines.values()] == [0, 0]
    assert made.units[1] > 0


def features(**columns: int) -> dict[str, float]:
    """Return the features of a category for tomorrow, a Tuesday, by name."""
    return {str(name): float(value) for name, value in frame_of(demand("MILK", **columns), calendar()).features.iloc[0].items()}


@pytest.mark.parametrize("days", [1, 2, 28, 91])
def test_a_category_that_sells_alike_on_all_days_known_has_one_level_by_every_measure(days: int) -> None:
    """Also if the store has been closed most of the time: days are those on which it was open."""
    pieces = {f"units_{n}d": 10 * min(n, days) for n in (3, 7, 14, 28, 56, 91)}
    weighted = {name: 10 * sum(round(1e6 * decay**age) for age in range(days)) for name, decay in (("recent_units", 0.85), ("slow_units", 0.95))}
    weeks = {f"{weekday}_days": days // 7 + (n < days % 7) for n, weekday in enumerate(WEEKDAYS)}
    found = features(days_known=days, **weeks, **pieces, **weighted)
    assert {name: found[name] for name in ("level_3d", "level_7d", "level_14d", "level_56d", "level_91d", "recent", "slow")} == pytest.approx(
        dict.fromkeys(("level_3d", "level_7d", "level_14d", "level_56d", "level_91d", "recent", "slow"), 10 / 10.3), abs=1e-6
    )
    assert found["log_level"] == pytest.approx(np.log(10.3))


def test_a_weekday_on_which_the_store_was_open_less_often_is_compared_by_its_own_days() -> None:
    """Tuesdays, of which there were two in eight weeks, sell 12 a day, and the other days 10 a day."""
    weeks = {**WEEKS, "tue_days": 2}
    others = {n: 10 * 6 * n // 7 for n in (7, 14, 28, 56, 91)}
    pieces = {f"units_{n}d": sold + 12 * min(n // 7, 2) for n, sold in others.items()}
    found = features(**weeks, **pieces, tue_7d=12, tue_28d=24, tue_56d=24)
    level = pieces["units_28d"] / 26
    assert found["shape"] == pytest.approx(12 / (pieces["units_56d"] / 50))
    assert found["weekday_28d"] * (level + 0.3) == pytest.approx(12)
    assert found["store_shape"] == found["shape"]
    assert (found["store_trend_7d"], found["store_trend_28d"]) == pytest.approx((pieces["units_7d"] / 7 / level, level / (pieces["units_91d"] / 80)))


@pytest.mark.parametrize(("known", "is_closed"), [(27, False), (28, True)])
def test_a_weekday_on_which_the_store_was_never_open_is_closed_once_four_weeks_of_days_are_known(known: int, is_closed: bool) -> None:
    """Until then it is like the others."""
    frame = frame_of(demand("MILK", **{**WEEKS, "tue_days": 0}, days_known=known, units_28d=240, units_56d=480), calendar())
    assert (frame.features["shape"][0], frame.features["weekday_28d"][0]) == (1.0, 0.0)
    assert frame.keys["is_closed"].tolist() == [is_closed, *[False] * 6]
    assert frame.baselines["level x weekday"][0] == (0 if is_closed else 10)


def test_the_stores_trends_are_the_later_days_over_the_longer_window() -> None:
    found = features(units_7d=14, units_28d=28, units_56d=56, units_91d=182, tue_56d=24)
    assert (found["store_trend_7d"], found["store_trend_28d"], found["store_shape"]) == (2.0, 0.5, 3.0)


def test_weekdays_prices_discounts_and_spread_are_ratios_of_their_own_windows() -> None:
    found = features(
        days_sold_28d=14, days_since_sale=3, units_7d=10, units_28d=40, units_56d=112, units_91d=100, squares_28d=28 * 25,
        tue_7d=3, tue_28d=8, tue_56d=32, amount_7d=1500, amount_28d=4000, amount_91d=20_000, discount_7d=500, discount_28d=1000,
    )  # fmt: skip
    level = 40 / 28
    assert {name: found[name] for name in ("price", "price_7d", "price_28d", "discount_7d", "discount_28d", "discount_change")} == {
        "price": 1.0, "price_7d": 1.5, "price_28d": 0.5, "discount_7d": 0.25, "discount_28d": 0.2, "discount_change": pytest.approx(0.05),
    }  # fmt: skip
    assert (found["shape"], found["days_since_sale"], found["days_sold"]) == (2.0, 3, 0.5)
    by_scale = {"weekday_7d": 3, "weekday_28d": 2, "baseline": level * 2, "spread": np.sqrt(25 - level**2)}
    assert {name: found[name] * (level + 0.3) for name in by_scale} == pytest.approx(by_scale)


def test_a_category_without_sales_has_features_without_a_missing_number() -> None:
    features = frame_of(demand(days_planned=14), calendar()).features.to_numpy()
    assert np.isfinite(features).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_training_gives_the_same_trees_on_one_thread_and_on_two(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, sold = random_frame()
    expected = train(frame, sold)
    monkeypatch.setitem(fit.PARAMETERS, "num_threads", threads)
    found = train(frame, sold)
    assert {name: _trees(text) for name, text in found.items()} == {name: _trees(text) for name, text in expected.items()}


def _trees(model: str) -> str:
    return model.split("parameters:")[0]


def test_intervals_hold_the_median_and_are_never_negative() -> None:
    frame, sold = random_frame()
    made = Forecaster(train(frame, sold)).forecast(frame, widen=1.7)
    assert (made.lower >= 0).all()
    assert (made.lower <= made.units).all()
    assert (made.units <= made.upper).all()


def alike(scale: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Frame:
    """Return a frame whose rows differ in nothing but their weight: there is nothing to split them by."""
    keys = pd.DataFrame({"batch_date": pd.Timestamp("2017-03-06"), "category": "MILK", "is_closed": np.zeros(len(scale), bool)})
    return Frame(keys, pd.DataFrame({"horizon": np.ones(len(scale))}), scale, np.full(len(scale), np.inf), {})


def test_the_models_are_the_median_and_the_quantiles_of_ten_and_ninety_percent() -> None:
    ratios = np.arange(1000) / 1000
    frame = alike(np.ones(1000))
    made = Forecaster(train(frame, ratios)).forecast(frame)
    assert (made.lower[0], made.units[0], made.upper[0]) == pytest.approx((0.1, 0.5, 0.9), abs=0.02)


def test_a_row_weighs_as_much_as_its_level() -> None:
    """Two thirds of the rows sell what is expected, and the others, which weigh ten times as much, five times that."""
    is_large = np.arange(900) % 3 == 0
    scale = np.where(is_large, 10.0, 1.0)
    made = Forecaster(train(alike(scale), np.where(is_large, 5.0, 1.0) * scale)).forecast(alike(np.ones(1)))
    assert made.units[0] == pytest.approx(5.0)


def test_an_unknown_category_is_forecast_all_the_same() -> None:
    frame, sold = random_frame()
    assert Forecaster(train(frame, sold)).forecast(frame_of(demand("NEW", units_28d=280, units_56d=560), calendar())).units.min() > 0


def test_wape_is_the_share_of_what_was_sold() -> None:
    assert wape(np.array([8.0, 0.0]), np.array([10.0, 2.0])) == pytest.approx(4 / 12)


def test_the_widening_would_have_covered_four_of_five() -> None:
    frame = frame_of(pd.concat([demand(f"C{n}", units_28d=280) for n in range(10)]), calendar())
    sold = np.arange(len(frame.keys), dtype=float)
    flat = Forecast(np.full(len(sold), 35.0), np.full(len(sold), 25.0), np.full(len(sold), 45.0))
    found = score("2017-03-06", frame, flat, sold)
    widened = (sold >= 35 - 2 * 10) & (sold <= 35 + 2 * 10)
    assert found.widen == 2.0
    assert found.coverage == pytest.approx(21 / 70, abs=1e-4)
    assert widened.mean() > found.coverage


@pytest.mark.parametrize(("farthest", "widen"), [(1, 0.5), (5, 0.5), (7, 0.7), (10, 1.0), (15, 1.5), (30, 2.0)])
def test_an_interval_is_narrowed_or_widened_to_what_four_of_five_open_days_took(farthest: int, widen: float) -> None:
    """Of each category's seven days two are closed, on which there was a sale all the same; of the 50 open ones 9 went further."""
    frame = frame_of(pd.concat([demand(f"C{n}", units_28d=280) for n in range(10)]), calendar(6, 7))
    flat = Forecast(np.full(70, 100.0), np.full(70, 90.0), np.full(70, 110.0))
    away = np.tile([1.0, farthest, -farthest, farthest, 99.0, 999.0, 999.0], 10)
    away[4] = farthest
    found = score("2017-03-06", frame, flat, flat.units + away)
    assert found.widen == widen
    assert found.coverage == (0.82 if farthest <= 10 else 0.2)


def test_methods_are_scored_by_the_sum_of_their_errors() -> None:
    frame = frame_of(demand(units_28d=28 * 10, units_56d=56 * 10, tue_56d=8 * 20, tue_7d=30, wed_7d=10), calendar())
    sold = np.array([25.0, 15, 0, 0, 0, 0, 0])
    found = score("2017-03-06", frame, Forecast(np.array([24.0, 15, 1, 0, 0, 0, 0]), np.zeros(7), np.full(7, 99.0)), sold)
    assert found.wape == {"lightgbm": 2 / 40, "seasonal naive": 10 / 40, "level x weekday": 20 / 40}


def test_a_backtest_in_which_the_store_was_closed_says_nothing() -> None:
    frame = frame_of(demand(units_28d=280), calendar(*range(1, 8)))
    nothing = np.zeros(len(frame.keys))
    found = score("2017-03-06", frame, Forecast(nothing, nothing, nothing), nothing)
    assert (set(found.wape.values()), found.coverage, found.widen) == ({0.0}, 0.8, 1.0)


def test_promotions_are_told_beside_what_is_usual_as_far_as_they_are_planned() -> None:
    """Of a category of which two products a day were promoted, five are tomorrow and none on the day after."""
    found = frame_of(demand(units_28d=280, promoted_28d=56, days_planned=2, promoted_1d=5), calendar()).features["promoted"].to_numpy()
    assert found[:2].tolist() == pytest.approx([6 / 3, 1 / 3])
    assert np.isnan(found[2:]).all()
