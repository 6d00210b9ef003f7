"""Scoring reviews with a version's files: log odds, the phrases that carried them, and whether the model should judge a review at all."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...features._lexicon import compound, ratings
from .linear import Floats, Linear, Scorer
from .terms import NOT, Numbers, Truth

SHOWN = 5
"""The number of phrases that are named for a review."""

LEAST_ADDED = 0.02
"""A phrase that adds less to the log odds is not named."""

DECIMALS = 6

_LINKS = """
a about after all also am an and any are as at be been before but by can could did do does for from had has have he her him his how however i i'm i've
if in into is it it's its just me my no not of on one or other our out over she so some such than that the their them then there these they this those
to too up us very was we were what when which while who will with would you your
"""
_TELLS_NOTHING = frozenset(_LINKS.split())
"""A phrase of such words and marks alone counts, but is not named: it tells a person nothing."""

_NORM = 15
"""VADER's score is a sum of ratings, divided by the root of its square and this."""


@dataclass(frozen=True)
class Judgement:
    """What a model says of some reviews.

    Attributes:
        log_odds: of being positive.
        is_known: whether the review is in the model's domain.
        rows: the review of each phrase that is named, in order.
        phrases: the phrase.
        adds: what it adds to the log odds; those of a review come with the largest first.
    """

    log_odds: Floats
    is_known: Truth
    rows: Numbers
    phrases: pa.Array
    adds: Floats


class Judge:
    """A version of the model, ready to score."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Read a version's files."""
        self._form = json.loads(files["model.json"])
        weights = files.get("weights.tsv")
        self._scorer = Scorer(Linear.read(weights, self._form["intercept"], self._form["negation"])) if weights else None
        self._tells = np.array([_tells(name) for name in self._scorer.names] if self._scorer else [], bool)

    def judge(self, words: pa.ListArray, texts: pa.Array) -> Judgement:
        """Judge reviews, given as words and as texts."""
        if self._scorer is None:
            return self._by_lexicon(words, texts)
        scores = self._scorer.score(words)
        rows, terms, adds = _largest(scores.rows, scores.terms, np.where(self._tells[scores.terms], scores.adds, 0))
        is_known = scores.known >= self._form["known_least"]
        return Judgement(np.round(scores.log_odds, DECIMALS), is_known, rows, self._scorer.shown.take(pa.array(terms)), np.round(adds, DECIMALS))

    def _by_lexicon(self, words: pa.ListArray, texts: pa.Array) -> Judgement:
        """Judge reviews by VADER; a word of its lexicon adds its rating, in the scale of the score, and what VADER makes of its neighbours is not named."""
        rated, slope, offset = ratings(), self._form["slope"], self._form["offset"]
        scores = np.array([compound(text) for text in texts.to_pylist()], float)
        found = [sorted({word for word in of_row if word in rated}) for of_row in words.to_pylist()]
        rows = np.repeat(np.arange(len(found)), [len(of_row) for of_row in found])
        named = [word for of_row in found for word in of_row]
        adds = slope * np.array([rated[word] for word in named], float) * np.sqrt((1 - scores**2) / _NORM)[rows]
        rows, terms, adds = _largest(rows, np.arange(len(named)), adds)
        is_known = np.ones(len(texts), bool)
        return Judgement(np.round(slope * scores + offset, DECIMALS), is_known, rows, pa.array(named, pa.string()).take(terms), np.round(adds, DECIMALS))


def _tells(term: str) -> bool:
    """Say whether a person learns something from a term: one of its words is more than a link between others."""
    return any(word[0].isalpha() and word not in _TELLS_NOTHING for word in (part.removeprefix(NOT) for part in term.split(" ")))


def _largest(rows: Numbers, terms: Numbers, adds: Floats) -> tuple[Numbers, Numbers, Floats]:
    """Return the terms of each row that add most to its log odds, in either direction; of equals, the first."""
    kept = np.abs(adds) >= LEAST_ADDED
    rows, terms, adds = rows[kept], terms[kept], adds[kept]
    order = np.lexsort((terms, -np.abs(adds), rows))
    rows, terms, adds = rows[order], terms[order], adds[order]
    at = np.arange(len(rows))
    first = np.maximum.accumulate(np.where(np.r_[True, rows[1:] != rows[:-1]], at, 0)) if len(rows) else at
    named = at - first < SHOWN
    return rows[named], terms[named], adds[named]
