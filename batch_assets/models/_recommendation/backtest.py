"""The race: every method ranks the candidates of a week that is over, and is judged by what was bought in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .factors import Factors
from .fit import METHODS, Ranker
from .frame import Numbers
from .judge import Judged, best, judge
from .weeks import Week

ALL_SOURCES = "all"

FEW_TRIPS = 1
"""A customer that shopped on no more days, of the last 91, is hardly known."""


@dataclass(frozen=True)
class Score:
    """How good each method was, by name.

    Attributes:
        origin: the day at whose end the products were ranked.
        customers: how many customers were judged.
        ndcg: mean NDCG@10 of all candidates.
        ndcg_error: its standard error.
        recall: mean share of what was bought that is among the ten.
        hit: share of customers with a hit among ten discoveries, of those that bought something new.
        hit_error: its standard error.
        coverage: how many different products are among the ten of anybody.
        reached: by source of candidates, and for all of them, the shares that they have of what was bought: of what the customer had bought
            before, and of what it had never bought.
        young: how many purchases were of products that the catalogue listed only lately.
        recall_young: the share of these that are among the ten discoveries; null if there are none.
        hardly_known: how many of the customers had shopped on one day only.
        ndcg_hardly_known: mean NDCG@10 of these; null if there are none.
    """

    origin: str
    customers: int
    ndcg: dict[str, float]
    ndcg_error: dict[str, float]
    recall: dict[str, float]
    hit: dict[str, float]
    hit_error: dict[str, float]
    coverage: dict[str, int]
    reached: dict[str, dict[str, float]]
    young: int
    recall_young: dict[str, float | None]
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
    coverage, recall_young = dict[str, int](), dict[str, float | None]()
    is_new, new = ~week.frame.known, week.bought.only(week.bought.is_new)
    never_bought, young = week.frame.where(is_new), new.only(new.is_young)
    for method in METHODS:
        if not ranker.has(method):
            continue
        scores = ranker.scores(method, week.frame)
        whole[method] = judge(week.frame, scores, week.bought)
        found[method] = judge(never_bought, scores[is_new], new)
        coverage[method] = len(np.unique(week.frame.product[best(week.frame, scores)]))
        discoveries = never_bought.where(best(never_bought, scores[is_new]))
        recall_young[method] = _mean(young.reached(discoveries).astype(float)) if len(young.product) else None
    hardly = np.unique(week.frame.customer[week.frame.trips <= FEW_TRIPS])
    customers = np.unique(week.bought.customer)
    few = np.isin(customers, hardly)
    return Score(
        origin=week.origin.isoformat(),
        customers=len(customers),
        ndcg={name: _mean(judged.ndcg) for name, judged in whole.items()},
        ndcg_error={name: _error(judged.ndcg) for name, judged in whole.items()},
        recall={name: _mean(judged.recall) for name, judged in whole.items()},
        hit={name: _mean(judged.hit) for name, judged in found.items()},
        hit_error={name: _error(judged.hit) for name, judged in found.items()},
        coverage=coverage,
        reached=_reached(week),
        young=len(young.product),
        recall_young=recall_young,
        hardly_known=int(few.sum()),
        ndcg_hardly_known={name: _mean(judged.ndcg[few]) if few.any() else None for name, judged in whole.items()},
    )


def _reached(week: Week) -> dict[str, dict[str, float]]:
    """Return the share of what was bought that is a candidate, by source and in all, of repeated and of new purchases."""
    frames = {name: week.frame.where(its) for name, its in week.sources.items()} | {ALL_SOURCES: week.frame}
    found = {name: week.bought.reached(frame) for name, frame in frames.items()}
    kinds = {"repeat": ~week.bought.is_new, "discovery": week.bought.is_new}
    return {name: {kind: _mean(reached[of].astype(float)) for kind, of in kinds.items()} for name, reached in found.items()}


def _mean(values: Numbers) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def _error(values: Numbers) -> float:
    return round(float(values.std(ddof=1) / np.sqrt(len(values))), 4) if len(values) > 1 else 0.0
