"""The trained models: gradient-boosted trees that rank a customer's candidates, one of all of them, and one of those that it never bought."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._booster import Booster
from .._lightgbm import lightgbm
from .factors import FACTORS, LIBRARY, Factors
from .frame import FEATURES, UNTRAINED, Frame, Numbers
from .weeks import Week

WEEKS = 3
"""A model is trained on the purchases of so many weeks, each ranked by what was known before it."""

NEGATIVES = 0.4
"""The share of candidates that were not bought which training sees, chosen by a hash of customer and product."""

PARAMETERS: Mapping[str, Any] = {
    "num_leaves": 15,
    "learning_rate": 0.08,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.7,
    "lambda_l2": 1.0,
    "max_bin": 63,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
TREES = 100
OBJECTIVES: Mapping[str, Mapping[str, Any]] = {
    "ranking": {"objective": "rank_xendcg", "label_gain": [0, 1]},
    "discovery": {"objective": "binary"},
}
"""By model, what it minimizes."""

TREES_BY = {"ranking": "lightgbm ranking", "discovery": "lightgbm discovery"}
"""By model, what the method is called in the race."""

METHODS = (*TREES_BY.values(), LIBRARY, *UNTRAINED)
"""The methods in the race; of equals, the first one wins."""

LIBRARIES = ("lightgbm", "implicit", "numpy")
"""Other versions of these may train other models of the same data."""


def train(weeks: Sequence[Week]) -> dict[str, str]:
    """Fit the models; return them as the files of a version. None if nobody bought a candidate."""
    chosen = [_sampled(week) for week in weeks]
    features, bought = (np.concatenate(parts) for parts in zip(*((frame.features, bought) for frame, bought in chosen), strict=True))
    if not bought.any():
        return {}
    lgb = lightgbm()
    groups = np.concatenate([_sizes(frame) for frame, _ in chosen])

    def fit(name: str) -> str:
        data = lgb.Dataset(features, bought.astype(float), group=groups if name == "ranking" else None, feature_name=list(FEATURES))
        return str(lgb.train({**PARAMETERS, **OBJECTIVES[name]}, data, TREES).model_to_string())

    with ThreadPoolExecutor(len(OBJECTIVES)) as pool:
        return {f"{name}.txt": made for name, made in zip(OBJECTIVES, pool.map(fit, OBJECTIVES), strict=True)}


def _sampled(week: Week) -> tuple[Frame, NDArray[np.bool_]]:
    """Return the candidates of customers who bought any of them, all that were bought and a share of the others, and which were bought."""
    frame, bought = week.frame, week.bought.among(week.frame)
    lot = (frame.customer % 7919 * 104_729 + frame.product * 7919) % 1000
    chosen = np.isin(frame.customer, frame.customer[bought]) & (bought | (lot < NEGATIVES * 1000))
    return frame.where(chosen), bought[chosen]


def _sizes(frame: Frame) -> NDArray[np.int64]:
    """Return the number of rows of each customer."""
    return np.diff(np.flatnonzero(np.r_[True, frame.customer[1:] != frame.customer[:-1], True])) if len(frame) else np.empty(0, np.int64)


class Ranker:
    """Ranks by any of the methods. Thread-safe."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Read the models from the files of a version; those that it has not are not asked for."""
        trained = [name for name in OBJECTIVES if f"{name}.txt" in files]
        self._boosters = {TREES_BY[name]: Booster(files[f"{name}.txt"]) for name in trained}
        self._factors = Factors.read(files[FACTORS]) if FACTORS in files else None

    def has(self, method: str) -> bool:
        """Say whether it can rank by a method."""
        return method in UNTRAINED or method in self._boosters or (method == LIBRARY and self._factors is not None)

    def scores(self, method: str, frame: Frame) -> Numbers:
        """Return the scores of candidates by a method, each independently of other customers."""
        if method in frame.untrained:
            return frame.untrained[method]
        if method == LIBRARY:
            assert self._factors is not None, method
            return self._factors.scores(frame)
        return self._boosters[method].predict(frame.features)
