"""The trained models: gradient-boosted trees, some that rank all candidates of a customer, and some for those that it never bought."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._booster import Booster
from .._lightgbm import lightgbm
from .factors import FACTORS, LIBRARY, Factors
from .frame import FEATURES, UNTRAINED, Frame, Matrix, Numbers, Whole
from .weeks import Week

WEEKS_OF: Mapping[str, int] = {"ranking": 3, "discovery": 6}
"""By model, the purchases of how many weeks it is trained on, each ranked by what was known before it: of first purchases there are few."""

WEEKS = max(WEEKS_OF.values())

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


@dataclass(frozen=True)
class Lesson:
    """What a model sees of a week.

    Attributes:
        features: a row of `FEATURES` for each candidate that was chosen.
        bought: whether it was bought.
        sizes: the number of rows of each customer.
    """

    features: Matrix
    bought: NDArray[np.bool_]
    sizes: Whole


@dataclass(frozen=True)
class Lessons:
    """What all models see of a week.

    Attributes:
        candidates: how many there were to choose from.
        customers: of how many customers.
        of: by model, what it sees.
    """

    candidates: int
    customers: int
    of: Mapping[str, Lesson]

    @classmethod
    def from_week(cls, week: Week) -> "Lessons":
        """Choose what is seen of a week: by the ranking all candidates, for discoveries those that were never bought before."""
        frame, bought = week.frame, week.bought.among(week.frame)
        seen = {"ranking": np.ones(len(frame), bool), "discovery": ~frame.known}
        return cls(len(frame), len(np.unique(frame.customer)), {name: _lesson(frame.where(of), bought[of]) for name, of in seen.items()})


def _lesson(frame: Frame, bought: NDArray[np.bool_]) -> Lesson:
    """Choose the candidates of customers who bought any of them: all that were bought, and a share of the others."""
    lot = (frame.customer % 7919 * 104_729 + frame.product * 7919) % 1000
    chosen = np.isin(frame.customer, frame.customer[bought]) & (bought | (lot < NEGATIVES * 1000))
    customer = frame.customer[chosen]
    sizes = np.diff(np.flatnonzero(np.r_[True, customer[1:] != customer[:-1], True])) if len(customer) else np.empty(0, np.int64)
    return Lesson(frame.features[chosen], bought[chosen], sizes)


def train(weeks: Sequence[Lessons]) -> dict[str, str]:
    """Fit the models to the lessons of some weeks, the oldest first; return them as the files of a version: those of which anything was bought."""
    seen = {name: [week.of[name] for week in weeks[-WEEKS_OF[name] :]] for name in OBJECTIVES}
    learnt = [name for name in OBJECTIVES if any(lesson.bought.any() for lesson in seen[name])]
    with ThreadPoolExecutor(len(OBJECTIVES)) as pool:
        return {f"{name}.txt": made for name, made in zip(learnt, pool.map(lambda name: _fitted(name, seen[name]), learnt), strict=True)}


def _fitted(name: str, seen: Sequence[Lesson]) -> str:
    """Fit one model; return it as LightGBM writes it."""
    lgb = lightgbm()
    features, bought, sizes = (np.concatenate([getattr(lesson, part) for lesson in seen]) for part in ("features", "bought", "sizes"))
    data = lgb.Dataset(features, bought.astype(float), group=sizes if name == "ranking" else None, feature_name=list(FEATURES))
    return str(lgb.train({**PARAMETERS, **OBJECTIVES[name]}, data, TREES).model_to_string())


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
