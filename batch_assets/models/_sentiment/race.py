"""The race: each method is judged on reviews that it did not learn from, by cross-validation and by time. VADER and TF-IDF always run."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...features._lexicon import VADER, ratings
from .known import Labelled
from .linear import Floats, Linear, Scorer
from .methods import METHODS, Examples
from .regression import regression
from .terms import Truth

FOLDS = 5
BINS = 10
KNOWN_QUANTILE = 0.01
"""A review whose words are known less than those of this share of reviews is out of the model's domain."""


@dataclass(frozen=True)
class Entrant:
    """A method's result.

    Attributes:
        linear: the weights learnt from all reviews, calibrated; None for VADER, which has none.
        slope: by what its score is multiplied to become log odds.
        offset: what is added to that.
        auc: area under the ROC curve, cross-validated.
        ece: expected calibration error in ten bins, cross-validated.
        known_least: of a review in the model's domain, at least this share of the words is known.
    """

    linear: Linear | None
    slope: float
    offset: float
    auc: float
    ece: float
    known_least: float


def race(reviews: Labelled) -> dict[str, Entrant]:
    """Return the result of each method."""
    return {VADER: _vader(reviews), **{name: _entrant(name, reviews) for name in METHODS}}


def over_time(reviews: Labelled, origin: dt.date) -> dict[str, float]:
    """Return each method's AUC on the reviews after a day, learnt from those until it; none if they are all alike."""
    before, after = reviews.until(origin), reviews.where(reviews.days > np.datetime64(origin))
    if len(set(before.positive.tolist())) < 2 or len(set(after.positive.tolist())) < 2:
        return {}
    found = {VADER: auc(after.compound, after.positive)}
    for name, method in METHODS.items():
        linear = Examples(before.words, method, ratings()).fit(np.ones(len(before), bool), before.positive)
        found[name] = auc(Scorer(linear).score(after.words).log_odds, after.positive)
    return {name: round(value, 4) for name, value in found.items()}


def _entrant(name: str, reviews: Labelled) -> Entrant:
    examples, fold = Examples(reviews.words, METHODS[name], ratings()), np.arange(len(reviews)) % FOLDS
    scores, known = np.zeros(len(reviews)), np.zeros(len(reviews))
    for number in range(FOLDS):
        held_out = fold == number
        made = Scorer(examples.fit(~held_out, reviews.positive)).score(reviews.words.filter(pa.array(held_out)))
        scores[held_out], known[held_out] = made.log_odds, made.known
    slope, offset = calibration(scores, reviews.positive)
    linear = examples.fit(np.ones(len(reviews), bool), reviews.positive).calibrated(slope, offset)
    least = round(float(np.quantile(known, KNOWN_QUANTILE)), 4)
    return Entrant(linear, slope, offset, auc(scores, reviews.positive), ece(slope * scores + offset, reviews.positive), least)


def _vader(reviews: Labelled) -> Entrant:
    slope, offset = calibration(reviews.compound, reviews.positive)
    return Entrant(None, slope, offset, auc(reviews.compound, reviews.positive), ece(slope * reviews.compound + offset, reviews.positive), 0.0)


def calibration(scores: Floats, positive: Truth) -> tuple[float, float]:
    """Return the slope and offset that make scores log odds (Platt 1999)."""
    (slope,), offset = regression(scores.reshape(-1, 1), positive, 1e6, tolerance=1e-8)
    return float(slope), offset


def auc(scores: Floats, positive: Truth) -> float:
    """Return the area under the ROC curve: how often a positive review has the higher score than a negative one; equal ones count half."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    good, bad = int(positive.sum()), int((~positive).sum())
    return float((rank[positive].sum() - good * (good + 1) / 2) / (good * bad))


def ece(log_odds: Floats, positive: Truth) -> float:
    """Return the expected calibration error in ten bins of equal width."""
    probability = probabilities(log_odds)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = np.abs(np.bincount(bins, probability - positive, BINS))
    return float(gaps.sum() / len(positive))


def probabilities(log_odds: Floats) -> Floats:
    """Return the probabilities of log odds."""
    made: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
    return made


def winner(entrants: Mapping[str, Entrant]) -> str:
    """Return the method with the highest cross-validated AUC; of equals, the simplest."""
    return max(entrants, key=lambda name: entrants[name].auc)
