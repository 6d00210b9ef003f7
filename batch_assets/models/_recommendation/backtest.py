"""The race: every method ranks the candidates of a week that is over, and is judged by what was bought in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .factors import Factors
from .fit import METHODS, Ranker
from .frame import Numbers
from .judge import Judged, judge
from .weeks import Week

FEW_TRIPS = 1
"""A household that shopped on no more days, of the last 91, is hardly known."""


@dataclass(frozen=True)
class Score:
    """How good each method was, by name.

    Attributes:
        origin: the day at whose end the products were ranked.
        households: how many households were judged.
        ndcg: mean NDCG@10 of all candidates.
        ndcg_error: its standard error.
        recall: mean share of what was bought that is among the ten.
        hit: share of households with a hit among ten discoveries, of those that bought something new.
        hit_error: its standard error.
        hardly_known: how many of the households had shopped on one day only.
        ndcg_hardly_known: mean NDCG@10 of these; null if there are none.
    """

    origin: str
    households: int
    ndcg: dict[str, float]
    ndcg_error: dict[str, float]
    recall: dict[str, float]
    hit: dict[str, float]
    hit_error: dict[str, float]
    hardly_known: int
    ndcg_hardly_known: dict[str, float | None]


def score(week: Week, files: Mapping[str, str], factors: Factors | None) -> Score:
    """Judge every method by a week.

    Args:
        week: the week; nothing of it was known to the methods.
        files: the models that were trained on earlier weeks, as `train` returned them.
        factors: the yardstick from outside; None if nothing was bought that it could be made of.
    """
    ranker = Ranker(files if factors is None else {**files, **factors.as_file()})
    whole, found = dict[str, Judged](), dict[str, Judged]()
    is_new, new = ~week.frame.known, week.bought.only(week.bought.is_new)
    for method in METHODS:
        if not ranker.has(method):
            continue
        scores = ranker.scores(method, week.frame)
        whole[method] = judge(week.frame, scores, week.bought)
        found[method] = judge(week.frame.where(is_new), scores[is_new], new)
    hardly = np.unique(week.frame.household[week.frame.trips <= FEW_TRIPS])
    households = np.unique(week.bought.household)
    few = np.isin(households, hardly)
    return Score(
        origin=week.origin.isoformat(),
        households=len(households),
        ndcg={name: _mean(judged.ndcg) for name, judged in whole.items()},
        ndcg_error={name: _error(judged.ndcg) for name, judged in whole.items()},
        recall={name: _mean(judged.recall) for name, judged in whole.items()},
        hit={name: _mean(judged.hit) for name, judged in found.items()},
        hit_error={name: _error(judged.hit) for name, judged in found.items()},
        hardly_known=int(few.sum()),
        ndcg_hardly_known={name: _mean(judged.ndcg[few]) if few.any() else None for name, judged in whole.items()},
    )


def _mean(values: Numbers) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def _error(values: Numbers) -> float:
    return round(float(values.std(ddof=1) / np.sqrt(len(values))), 4) if len(values) > 1 else 0.0
