"""The demand frame, the baselines, the fit and the backtest, on small frames."""

import numpy as np
import pandas as pd
import pytest

from batch_assets.features.category_demand import CategoryDemand
from batch_assets.features.store_demand import StoreDemand
from batch_assets.models._demand import fit
from batch_assets.models._demand.backtest import score, wape
from batch_assets.models._demand.fit import Forecast, Forecaster, train
from batch_assets.models._demand.frame import Frame, build_frame, joined


def demand(category: str = "MILK", **known: int) -> pd.DataFrame:
    """Return one row of features; what is not given is 0."""
    columns = dict.fromkeys((name for name in CategoryDemand.columns() if name not in ("batch_date", "category")), 0)
    return pd.DataFrame([{"batch_date": pd.Timestamp("2017-03-06"), "category": category, **columns, "days_known": 91, **known}])


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


def test_a_category_without_sales_has_features_without_a_missing_number() -> None:
    features = frame_of(demand(), calendar()).features.to_numpy()
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


def test_a_backtest_in_which_the_store_was_closed_says_nothing() -> None:
    frame = frame_of(demand(units_28d=280), calendar(*range(1, 8)))
    nothing = np.zeros(len(frame.keys))
    found = score("2017-03-06", frame, Forecast(nothing, nothing, nothing), nothing)
    assert (set(found.wape.values()), found.coverage, found.widen) == ({0.0}, 0.8, 1.0)
