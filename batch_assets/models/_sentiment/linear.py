"""A linear model over terms: its files, its score, and what each term adds to it.

The score of a review is its log odds of being positive: an intercept, and for each distinct term its weight divided by the review's norm.
So what terms add sums to the score exactly. Belongs here: reading, writing and applying weights. Does not belong here: learning them (`methods.py`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .terms import NOT, Numbers, codes_named, codes_of, distinct_pairs, tokens_of, words_in

Floats = NDArray[np.float64]

_HEADER = "term\tweight\tsquare\treviews"


@dataclass(frozen=True)
class Scores:
    """The scores of some rows, and what made them.

    Attributes:
        log_odds: by row.
        known: by row, the share of its words that reviews of the training had.
        rows: the row of each (row, term).
        terms: its term.
        adds: what it adds to the row's log odds.
    """

    log_odds: Floats
    known: Floats
    rows: Numbers
    terms: Numbers
    adds: Floats


@dataclass(frozen=True)
class Linear:
    """Weights of terms.

    Attributes:
        names: the terms.
        weights: what a term adds, before it is divided by the norm.
        squares: what a term adds to the square of the norm; all 0 if the norm is the root of the number of words.
        reviews: the number of training reviews with the term.
        intercept: the log odds of a review without any term.
        negation: whether negated words are terms of their own.
    """

    names: list[str]
    weights: Floats
    squares: Floats
    reviews: Numbers
    intercept: float
    negation: bool

    def calibrated(self, slope: float, offset: float) -> "Linear":
        """Return the model whose log odds are `slope` times those of this one, plus `offset`."""
        return Linear(self.names, self.weights * slope, self.squares, self.reviews, self.intercept * slope + offset, self.negation)

    def text(self) -> str:
        """Return the weights as a table of tab-separated text, one term a line."""
        rows = zip(self.names, self.weights.tolist(), self.squares.tolist(), self.reviews.tolist(), strict=True)
        return "\n".join([_HEADER, *(f"{name}\t{weight!r}\t{square!r}\t{reviews}" for name, weight, square, reviews in rows)]) + "\n"

    @classmethod
    def read(cls, text: str, intercept: float, negation: bool) -> "Linear":
        """Return the model whose weights `text` has."""
        rows = [line.split("\t") for line in text.splitlines()[1:]]
        names, weights, squares, reviews = zip(*rows, strict=True)
        return cls(list(names), np.array(weights, float), np.array(squares, float), np.array(reviews, np.int64), intercept, negation)


class Scorer:
    """A linear model, ready to score rows."""

    def __init__(self, linear: Linear) -> None:
        """Prepare the tables by which terms are found."""
        self._linear, self._words = linear, words_in(linear.names)
        codes = codes_named(linear.names, self._words)
        is_word = codes < 2 * len(self._words)
        self._of_word = np.full(2 * len(self._words), -1)
        self._of_word[codes[is_word]] = np.flatnonzero(is_word)
        self._pairs, self._of_pair = pa.array(codes[~is_word]), np.flatnonzero(~is_word)
        self._seen = np.zeros(len(self._words), bool)
        self._seen[codes[is_word & (linear.reviews > 0)] // 2] = True
        self.names = linear.names
        self.shown = pa.array([name.replace(f"not {NOT}", "not ").replace(NOT, "not … ") for name in linear.names], pa.string())

    def score(self, words: pa.ListArray) -> Scores:
        """Return the scores of reviews, given as words and marks."""
        linear = self._linear
        tokens = tokens_of(words, negation=linear.negation)
        rows, codes = codes_of(tokens, self._words)
        is_word = codes < len(self._of_word)
        terms = np.full(len(codes), -1)
        terms[is_word] = self._of_word[codes[is_word]]
        found = pc.index_in(pa.array(codes[~is_word]), value_set=self._pairs)
        terms[~is_word] = np.r_[self._of_pair, -1][np.asarray(pc.fill_null(found, -1))]
        rows, terms = distinct_pairs(rows[terms >= 0], terms[terms >= 0], len(linear.names))
        lengths = np.maximum(tokens.lengths, 1)
        norms = np.sqrt(np.bincount(rows, linear.squares[terms], len(words))) if linear.squares.any() else np.sqrt(lengths)
        adds = linear.weights[terms] / np.maximum(norms, 1e-9)[rows]
        seen = self._seen[np.asarray(pc.fill_null(pc.index_in(tokens.distinct, value_set=self._words), 0), np.int64)]
        seen &= np.asarray(pc.is_in(tokens.distinct, value_set=self._words))
        known = np.bincount(tokens.rows[~tokens.is_mark], seen[tokens.words[~tokens.is_mark]], len(words)) / lengths
        log_odds = np.bincount(rows, adds, len(words)).astype(np.float64) + linear.intercept
        return Scores(log_odds, known, rows, terms, adds)
