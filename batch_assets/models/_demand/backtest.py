"""Backtests: how well a method would have forecast the days after an origin, given only what was known on it."""

from dataclasses import dataclass

import numpy as np

from .fit import Forecast
from .frame import Frame, Numbers

COVERAGE = 0.8
_LEAST_WIDTH = 0.05


@dataclass(frozen=True)
class Score:
    """How accurate the forecasts of one origin were.

    Attributes:
        origin: the as-of day, ISO 8601.
        wape: weighted absolute percentage error of each method, over all categories and days.
        coverage: share of the rows whose demand was within the model's unadjusted prediction interval.
        widen: the factor on the interval's width that would have given the coverage `COVERAGE`.
    """

    origin: str
    wape: dict[str, float]
    coverage: float
    widen: float


def wape(forecast: Numbers, sold: Numbers) -> float:
    """Return the sum of absolute errors divided by the sum of units sold."""
    return float(np.abs(forecast - sold).sum() / max(sold.sum(), 1.0))


def score(origin: str, frame: Frame, made: Forecast, sold: Numbers) -> Score:
    """Score the model's forecasts of an origin, and the baselines'. Closed days do not count for the interval."""
    errors = {"lightgbm": made.units, **frame.baselines}
    is_open = ~frame.keys["is_closed"].to_numpy(bool)
    if not is_open.any():
        return Score(origin, dict.fromkeys(errors, 0.0), COVERAGE, 1.0)
    covered = (sold >= made.lower) & (sold <= made.upper)
    below = (made.units - sold) / np.maximum(made.units - made.lower, _LEAST_WIDTH)
    above = (sold - made.units) / np.maximum(made.upper - made.units, _LEAST_WIDTH)
    widen = np.quantile(np.maximum(below, above)[is_open], COVERAGE, method="higher")
    return Score(
        origin,
        {name: round(wape(forecast, sold), 4) for name, forecast in errors.items()},
        round(float(covered[is_open].mean()), 4),
        round(float(np.clip(widen, 0.5, 2.0)), 4),
    )
