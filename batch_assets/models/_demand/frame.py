"""The frame that the demand model sees: one row per as-of day, category and target day, all features numeric.

Each feature is a ratio of exact sums, computed once, so it is the same on every machine. The target is relative to
the category's level, so that one model fits large and small categories. A row's weight is its level, so that training
minimizes the sum of absolute errors in units (WAPE).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...features._horizon import HORIZON

Numbers = NDArray[np.float64]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST_LEVEL = 0.3
"""Units per day added to every level, so that it is positive even for a category without sales."""

ENOUGH_TO_TELL = 28
"""Open days after which a weekday on which the store was never open is taken for one on which it is closed, whatever the calendar says."""

BASELINES = ("seasonal naive", "level x weekday")
"""The simple methods that the model must beat to be in force."""

_CALENDAR = ("horizon", "weekday", "day_of_month", "days_to_holiday", "days_since_holiday", "holiday_in", "holiday_ago")


@dataclass(frozen=True)
class Frame:
    """Rows to train on or to forecast.

    Attributes:
        keys: batch_date, category, target_date, horizon and is_closed of each row.
        features: one column per feature.
        scale: the category's level in units per open day, plus `LEAST_LEVEL`.
        most: the most units that a day counts; more is taken for a wrong quantity.
        baselines: forecasts of the simple methods in units, by name.
    """

    keys: pd.DataFrame
    features: pd.DataFrame
    scale: Numbers
    most: Numbers
    baselines: dict[str, Numbers]

    def where(self, chosen: NDArray[np.bool_]) -> "Frame":
        """Return the chosen rows."""
        baselines = {name: forecast[chosen] for name, forecast in self.baselines.items()}
        return Frame(self.keys[chosen], self.features[chosen], self.scale[chosen], self.most[chosen], baselines)


def together(frames: Sequence[Frame]) -> Frame:
    """Return the rows of some frames, at least one, in their order."""
    return Frame(
        pd.concat([frame.keys for frame in frames], ignore_index=True),
        pd.concat([frame.features for frame in frames], ignore_index=True),
        np.concatenate([frame.scale for frame in frames]),
        np.concatenate([frame.most for frame in frames]),
        {name: np.concatenate([frame.baselines[name] for frame in frames]) for name in BASELINES},
    )


STORE = "store_{name}"
"""How the columns of `store_demand` are named, next to those of a category."""


def joined(demand: pd.DataFrame, calendar: pd.DataFrame, store: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a frame: what is known about each category and the store, for each target day.

    Args:
        demand: rows of `category_demand`, of any days.
        calendar: rows of `target_calendar`, of at least the same days.
        store: rows of `store_demand`, of at least the same days.
    """
    of_store = store.rename(columns={name: STORE.format(name=name) for name in store.columns if name != "batch_date"})
    return demand.merge(calendar, on="batch_date").merge(of_store, on="batch_date").sort_values(["batch_date", "category", "target_date"], ignore_index=True)


def build_frame(rows: pd.DataFrame) -> Frame:
    """Compute the features and baselines of each row, independently of the others.

    Args:
        rows: rows with the columns of `joined`.
    """
    by_weekday = {n: _of_target_weekday(rows, f"{n}d") for n in (7, 28, 56)}
    days, alike = _open_days(rows), _of_target_weekday(rows, "days")
    level = {n: rows[f"units_{n}d"].to_numpy(float) / np.maximum(days[n], 1) for n in days}
    scale = level[28] + LEAST_LEVEL
    shape = _ratio(by_weekday[56] * days[56], rows["units_56d"].to_numpy(float) * np.minimum(alike, 8), 1.0)
    store = _store_totals(rows, days, alike)
    features = {name: rows[name].to_numpy(float) for name in _CALENDAR}
    features |= {f"level_{n}d": level[n] / scale for n in (3, 7, 14, 56, 91)}
    features |= {
        "log_level": np.log(scale),
        "shape": shape,
        "store_shape": store["shape"],
        "weekday_28d": by_weekday[28] / np.clip(alike, 1, 4) / scale,
        "weekday_7d": by_weekday[7] / scale,
        "baseline": level[28] * shape / scale,
        "recent": rows["recent_units"].to_numpy(float) / 1e6 / _weights(0.85, rows) / scale,
        "slow": rows["slow_units"].to_numpy(float) / 1e6 / _weights(0.95, rows) / scale,
        "store_trend_7d": store["trend_7d"],
        "store_trend_28d": store["trend_28d"],
        "days_since_sale": rows["days_since_sale"].to_numpy(float),
        "days_sold": rows["days_sold_28d"].to_numpy(float) / np.maximum(days[28], 1),
        "spread": np.sqrt(np.maximum(rows["squares_28d"].to_numpy(float) / np.maximum(days[28], 1) - level[28] ** 2, 0)) / scale,
        **_prices(rows),
        "promoted": _promoted(rows),
    }
    baselines = dict(zip(BASELINES, (by_weekday[7], level[28] * shape), strict=True))
    never_open = (alike == 0) & (rows["days_known"].to_numpy(int) >= ENOUGH_TO_TELL)
    keys = rows[["batch_date", "category", "target_date", "horizon"]].assign(is_closed=rows["is_closed"].to_numpy(bool) | never_open)
    open_days = ~keys["is_closed"].to_numpy(bool)
    return Frame(keys, pd.DataFrame(features), scale, rows["most_units"].to_numpy(float), {name: forecast * open_days for name, forecast in baselines.items()})


def _open_days(rows: pd.DataFrame) -> dict[int, Numbers]:
    """Return how many open days each window has: of each weekday as many as it has weeks, if there were so many."""
    by_weekday = rows[[f"{weekday}_days" for weekday in WEEKDAYS]].to_numpy(float)
    return {3: np.minimum(by_weekday.sum(axis=1), 3)} | {n: np.minimum(by_weekday, n // 7).sum(axis=1) for n in (7, 14, 28, 56, 91)}


def _of_target_weekday(rows: pd.DataFrame, what: str) -> Numbers:
    """Return the column of the target's weekday: the units sold within a number of days, or how many such days were open."""
    table = rows[[f"{weekday}_{what}" for weekday in WEEKDAYS]].to_numpy(float)
    return table[np.arange(len(rows)), rows["weekday"].to_numpy(int)]


def _store_totals(rows: pd.DataFrame, days: dict[int, Numbers], alike: Numbers) -> dict[str, Numbers]:
    """Return the weekday profile and trend of the whole store."""
    totals = {n: rows[STORE.format(name=f"units_{n}d")].to_numpy(float) for n in (7, 28, 56, 91)}
    by_weekday = rows[[STORE.format(name=f"{weekday}_56d") for weekday in WEEKDAYS]].to_numpy(float)
    weekday = by_weekday[np.arange(len(rows)), rows["weekday"].to_numpy(int)]
    return {
        "shape": _ratio(weekday * days[56], totals[56] * np.minimum(alike, 8), 1.0),
        "trend_7d": _ratio(totals[7] * days[28], totals[28] * days[7], 1.0),
        "trend_28d": _ratio(totals[28] * days[91], totals[91] * days[28], 1.0),
    }


def _prices(rows: pd.DataFrame) -> dict[str, Numbers]:
    """Return the price per unit in dollars, how it changes, and the share of the price taken off by discounts."""
    paid = {n: rows[f"amount_{n}d"].to_numpy(float) for n in (7, 28, 91)}
    price = {n: _ratio(paid[n] / 100, rows[f"units_{n}d"].to_numpy(float), 0.0) for n in paid}
    share = {n: _ratio(rows[f"discount_{n}d"].to_numpy(float), paid[n] + rows[f"discount_{n}d"].to_numpy(float), 0.0) for n in (7, 28)}
    return {
        "price": price[28],
        "price_7d": _ratio(price[7], price[28], 1.0),
        "price_28d": _ratio(price[28], price[91], 1.0),
        "discount_7d": share[7],
        "discount_28d": share[28],
        "discount_change": share[7] - share[28],
    }


def _promoted(rows: pd.DataFrame) -> Numbers:
    """Return how many of the category's products are in a mailer on the target day, beside the mean of the last 28 days; NaN if that is not planned yet."""
    horizon = rows["horizon"].to_numpy(int)
    ahead = rows[[f"promoted_{n}d" for n in range(1, HORIZON + 1)]].to_numpy(float)[np.arange(len(rows)), horizon - 1]
    usual = rows["promoted_28d"].to_numpy(float) / 28
    return np.where(horizon <= rows["days_planned"].to_numpy(int), (ahead + 1) / (usual + 1), np.nan)


def _weights(decay: float, rows: pd.DataFrame) -> Numbers:
    """Return the sum of the weights over the days known."""
    return (1 - decay ** rows["days_known"].to_numpy(float)) / (1 - decay)


def _ratio(part: Numbers, whole: Numbers, without: float) -> Numbers:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), without)
