"""Backtests: how a method would have forecast the days after an origin, knowing only what was known on it."""

from dataclasses import dataclass

import numpy as np

from .fit import Forecast
from .frame import Frame, Numbers

COVERAGE = 0.8
_LEAST_WIDTH = 0.05


@dataclass(frozen=True)
class Score:
    """What one origin's forecasts were worth.

    Attributes:
        origin: the as-of day, ISO 8601.
        wape: weighted absolute percentage error of each method, over all categories and days.
        coverage: share of the rows whose demand was within the interval, as it came from the model.
        widen: the factor on the interval's width with which it would have covered `COVERAGE`.
    """

    origin: str
    wape: dict[str, float]
    coverage: float
    widen: float


def wape(forecast: Numbers, sold: Numbers) -> float:
    """Return the sum of absolute errors over the sum of what was sold."""
    return float(np.abs(forecast - sold).sum() / max(sold.sum(), 1.0))


def score(origin: str, frame: Frame, made: Forecast, sold: Numbers) -> Score:
    """Score a model's forecasts of an origin beside the baselines'; days on which the store was closed say nothing."""
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
