"""The frame that the demand model sees: a row for each as-of day, category and target day, in numbers.

Every number is a ratio of exact sums, taken once, so it is the same on every machine. The target is relative to the
category's level, so that one model serves large and small categories; a row's weight is its level, so that the sum of
absolute errors in pieces is what is minimized (WAPE).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEAST_LEVEL = 0.3
"""Pieces a day that are added to a level, so that a category without sales has one."""

BASELINES = ("seasonal naive", "level x weekday")
"""The simple methods, in whose place the model must earn its own."""

_CALENDAR = ("horizon", "weekday", "day_of_month", "days_to_holiday", "days_since_holiday", "holiday_in", "holiday_ago")


@dataclass(frozen=True)
class Frame:
    """Rows to train on or to forecast.

    Attributes:
        keys: batch_date, category, target_date, horizon and is_closed of each row.
        features: one named number a column.
        scale: the category's level, pieces a day, plus `LEAST_LEVEL`.
        baselines: forecasts of the simple methods, pieces, by name.
    """

    keys: pd.DataFrame
    features: pd.DataFrame
    scale: Numbers
    baselines: dict[str, Numbers]

    def where(self, chosen: NDArray[np.bool_]) -> "Frame":
        """Return the rows that are chosen."""
        baselines = {name: forecast[chosen] for name, forecast in self.baselines.items()}
        return Frame(self.keys[chosen], self.features[chosen], self.scale[chosen], baselines)


STORE = "store_{name}"
"""How the columns of `store_demand` are named beside those of a category."""


def joined(demand: pd.DataFrame, calendar: pd.DataFrame, store: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a frame: what is known of each category and of the store, for each of the days to come.

    Args:
        demand: rows of `category_demand`, any days.
        calendar: rows of `target_calendar`, at least of the same days.
        store: rows of `store_demand`, at least of the same days.
    """
    of_store = store.rename(columns={name: STORE.format(name=name) for name in store.columns if name != "batch_date"})
    return demand.merge(calendar, on="batch_date").merge(of_store, on="batch_date").sort_values(["batch_date", "category", "target_date"], ignore_index=True)


def build_frame(rows: pd.DataFrame) -> Frame:
    """Return what the model sees of each row, for itself.

    Args:
        rows: with the columns of `joined`.
    """
    by_weekday = {n: _of_target_weekday(rows, n) for n in (7, 28, 56)}
    days = {n: np.minimum(rows["days_known"].to_numpy(float), n) for n in (3, 7, 14, 28, 56, 91)}
    level = {n: rows[f"units_{n}d"].to_numpy(float) / days[n] for n in days}
    scale = level[28] + LEAST_LEVEL
    shape = _ratio(by_weekday[56] * 7, rows["units_56d"].to_numpy(float), 1.0)
    store = _store_totals(rows)
    features = {name: rows[name].to_numpy(float) for name in _CALENDAR}
    features |= {f"level_{n}d": level[n] / scale for n in (3, 7, 14, 56, 91)}
    features |= {
        "log_level": np.log(scale),
        "shape": shape,
        "store_shape": store["shape"],
        "weekday_28d": by_weekday[28] / np.maximum(days[28] / 7, 1) / scale,
        "weekday_7d": by_weekday[7] / scale,
        "baseline": level[28] * shape / scale,
        "recent": rows["recent_units"].to_numpy(float) / 1e6 / _weights(0.85, rows) / scale,
        "slow": rows["slow_units"].to_numpy(float) / 1e6 / _weights(0.95, rows) / scale,
        "store_trend_7d": store["trend_7d"],
        "store_trend_28d": store["trend_28d"],
        "days_since_sale": rows["days_since_sale"].to_numpy(float),
        "days_sold": rows["days_sold_28d"].to_numpy(float) / days[28],
        "spread": np.sqrt(np.maximum(rows["squares_28d"].to_numpy(float) / days[28] - level[28] ** 2, 0)) / scale,
        **_prices(rows),
    }
    baselines = dict(zip(BASELINES, (by_weekday[7], level[28] * shape), strict=True))
    keys = rows[["batch_date", "category", "target_date", "horizon", "is_closed"]]
    open_days = ~rows["is_closed"].to_numpy(bool)
    return Frame(keys, pd.DataFrame(features), scale, {name: forecast * open_days for name, forecast in baselines.items()})


def _of_target_weekday(rows: pd.DataFrame, days: int) -> Numbers:
    """Return the pieces sold, within so many days, on the weekday that is the target's."""
    table = rows[[f"{weekday}_{days}d" for weekday in WEEKDAYS]].to_numpy(float)
    return table[np.arange(len(rows)), rows["weekday"].to_numpy(int)]


def _store_totals(rows: pd.DataFrame) -> dict[str, Numbers]:
    """Return the whole store's weekday shape and trend."""
    totals = {n: rows[STORE.format(name=f"units_{n}d")].to_numpy(float) for n in (7, 28, 56, 91)}
    by_weekday = rows[[STORE.format(name=f"{weekday}_56d") for weekday in WEEKDAYS]].to_numpy(float)
    weekday = by_weekday[np.arange(len(rows)), rows["weekday"].to_numpy(int)]
    return {
        "shape": _ratio(weekday * 7, totals[56], 1.0),
        "trend_7d": _ratio(totals[7] * 4, totals[28], 1.0),
        "trend_28d": _ratio(totals[28] * 3.25, totals[91], 1.0),
    }


def _prices(rows: pd.DataFrame) -> dict[str, Numbers]:
    """Return the price of a piece, dollars, how it moves, and the share of the price that discounts took off."""
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


def _weights(decay: float, rows: pd.DataFrame) -> Numbers:
    """Return the sum of the weights of the days known."""
    return (1 - decay ** rows["days_known"].to_numpy(float)) / (1 - decay)


def _ratio(part: Numbers, whole: Numbers, without: float) -> Numbers:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), without)
