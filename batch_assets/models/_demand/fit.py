"""Fitting: three LightGBM models on one frame, for the median, the 10 % and the 90 % quantile of demand.

Training is deterministic: fixed seeds, row-wise histograms, no shuffling across time. Each fit uses one thread: several
fits run in parallel, and the threads of one fit would wait for each other on a busy machine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .._booster import Booster
from .._lightgbm import lightgbm
from .frame import Frame, Numbers

QUANTILES = {"units": 0.5, "lower": 0.1, "upper": 0.9}
PARAMETERS: dict[str, object] = {
    "learning_rate": 0.15,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "bin_construct_sample_cnt": 20_000,
    "cat_smooth": 50,
    "min_data_per_group": 200,
    "seed": 7,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
TREES = {"units": 50, "lower": 30, "upper": 30}
EVERY = {"units": 1, "lower": 2, "upper": 2}
"""Each model is trained on every n-th as-of day; the interval's width is calibrated by the backtests anyway."""

_FORM = "form.json"


@dataclass(frozen=True)
class Forecast:
    """Units forecast for the rows of a frame, with an 80 % prediction interval."""

    units: Numbers
    lower: Numbers
    upper: Numbers


def train(frame: Frame, sold: Numbers) -> dict[str, str]:
    """Fit the models; return them as the files of a version.

    Args:
        frame: the rows to train on.
        sold: units sold, by row.
    """
    lgb = lightgbm()

    categories = sorted(set(frame.keys["category"]))
    table = frame.features.assign(category=_codes(frame, categories))
    files = {_FORM: json.dumps({"categories": categories, "features": list(table.columns)}, indent=1)}
    number = np.unique(frame.keys["batch_date"], return_inverse=True)[1]
    for name, quantile in QUANTILES.items():
        chosen = number % EVERY[name] == 0
        data = lgb.Dataset(table[chosen], (sold / frame.scale)[chosen], weight=frame.scale[chosen], categorical_feature=["category"])
        objective = {"objective": "l1"} if quantile == 0.5 else {"objective": "quantile", "alpha": quantile}
        files[f"{name}.txt"] = lgb.train({**PARAMETERS, **objective}, data, TREES[name]).model_to_string()
    return files


class Forecaster:
    """The models that `train` fitted, ready to forecast. Thread-safe."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Read the models from the files that `train` returned."""
        form = json.loads(files[_FORM])
        self._features: list[str] = form["features"]
        self._categories: list[str] = form["categories"]
        self._boosters = {name: Booster(files[f"{name}.txt"]) for name in QUANTILES}

    def forecast(self, frame: Frame, widen: float = 1.0) -> Forecast:
        """Forecast the rows of a frame, each independently.

        Args:
            frame: the rows to forecast.
            widen: factor on the distance of both bounds from the median.

        Returns:
            Units, in the frame's order: 0 <= lower <= units <= upper, all 0 on closed days.
        """
        table = frame.features.assign(category=_codes(frame, self._categories))[self._features].to_numpy(float)
        is_open = ~frame.keys["is_closed"].to_numpy(bool)
        raw = {name: booster.predict(table) * frame.scale for name, booster in self._boosters.items()}
        units = np.maximum(raw["units"], 0.0) * is_open
        lower = np.maximum(units - widen * np.maximum(units - raw["lower"], 0.0), 0.0) * is_open
        upper = (units + widen * np.maximum(raw["upper"] - units, 0.0)) * is_open
        return Forecast(units, lower, upper)


def _codes(frame: Frame, categories: list[str]) -> Numbers:
    """Return the code of each row's category; NaN for a category the model was not trained on."""
    numbers = {category: float(number) for number, category in enumerate(categories)}
    return frame.keys["category"].map(numbers).to_numpy(float)
