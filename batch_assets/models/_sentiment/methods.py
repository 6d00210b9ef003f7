"""The methods that learn weights of terms from reviews with stars, and what they learn from.

NB-SVM is that of Wang and Manning (2012), "Baselines and Bigrams": a term counts with the logarithm of how much more often it is in positive
reviews than in negative ones, and a logistic regression weighs these. Here a word of VADER's lexicon counts, besides, with its rating there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from .linear import Floats, Linear
from .regression import regression
from .terms import NOT, Numbers, Truth, codes_named, codes_of, distinct_pairs, names_of, tokens_of

LEAST_REVIEWS = 3
"""A term that fewer reviews have is not weighed."""

SMOOTHING = 1.0
NEGATED = -0.74
"""What a negation makes of a word's rating, as VADER has it."""

RATED = 0.1
"""The unit of the lexicon's ratings, beside logarithms of ratios."""


@dataclass(frozen=True)
class Method:
    """How weights are learnt.

    Attributes:
        negation: whether negated words are terms of their own.
        ratios: whether terms count with their log-count ratio; else with their inverse document frequency, and reviews have length 1.
        lexicon: whether words count with the lexicon's rating, too.
        strength: the inverse of the regularization.
    """

    negation: bool
    ratios: bool
    lexicon: bool
    strength: float


NB_SVM, TF_IDF = "nb-svm", "tf-idf"
METHODS = {
    NB_SVM: Method(negation=True, ratios=True, lexicon=True, strength=4.0),
    TF_IDF: Method(negation=False, ratios=False, lexicon=False, strength=2.0),
}


class Examples:
    """Reviews as distinct terms, encoded once for all fits on parts of them."""

    def __init__(self, words: pa.ListArray, method: Method, ratings: Mapping[str, float]) -> None:
        """Encode reviews; `ratings` has the lexicon."""
        self.method = method
        tokens = tokens_of(words, negation=method.negation)
        self._lexicon = {word: rating for word, rating in ratings.items() if method.lexicon and word.isalpha() and word.isascii()}
        self._vocabulary = sorted({*tokens.distinct.to_pylist(), *self._lexicon})
        rows, codes = codes_of(tokens, pa.array(self._vocabulary, pa.string()))
        self._codes, terms = np.unique(np.r_[codes, self._rated_codes], return_inverse=True)
        self._rows, self._terms = distinct_pairs(rows, terms[: len(codes)], len(self._codes))
        self.count, self._lengths = len(words), np.maximum(tokens.lengths, 1)

    def fit(self, part: Truth, positive: Truth) -> Linear:
        """Return the weights that are learnt from a part of the reviews."""
        from scipy.sparse import csr_matrix, hstack

        mine = part[self._rows]
        rows, terms = self._rows[mine], self._terms[mine]
        reviews = np.bincount(terms, minlength=len(self._codes)).astype(np.int64)
        with_term = np.bincount(terms, positive[rows], len(self._codes))
        counts = np.where(reviews >= LEAST_REVIEWS, self._values(reviews, with_term.astype(np.float64), int(part.sum())), 0)
        squares = np.zeros(len(counts)) if self.method.ratios else counts**2
        norms = np.sqrt(np.maximum(np.bincount(rows, squares[terms], self.count), 1e-9)) if squares.any() else np.sqrt(self._lengths)
        place = np.cumsum(part) - 1
        matrix = csr_matrix((counts[terms] / norms[rows], (place[rows], terms)), (int(part.sum()), len(counts)))
        kept = np.flatnonzero(counts)
        rated = csr_matrix((self._rated[terms] / norms[rows], (place[rows], np.zeros(len(rows), int))), (int(part.sum()), 1))
        (*learnt, of_rating), intercept = regression(hstack([matrix[:, kept], rated]).tocsr(), positive[part], self.method.strength)
        weights = self._rated * of_rating
        weights[kept] += counts[kept] * np.array(learnt)
        used = np.flatnonzero(weights)
        names = names_of(self._codes[used], self._vocabulary)
        reviews = np.where(reviews < LEAST_REVIEWS, 0, reviews)
        return Linear(names, weights[used], squares[used], reviews[used], intercept, self.method.negation)

    def _values(self, reviews: Numbers, with_term: Floats, count: int) -> Floats:
        """Return what each term counts: the logarithm of a ratio, or the inverse document frequency."""
        if not self.method.ratios:
            return np.log((1 + count) / (1 + reviews)) + 1
        kept = reviews >= LEAST_REVIEWS
        good, bad = SMOOTHING + with_term, SMOOTHING + reviews - with_term
        return np.log(good / good[kept].sum()) - np.log(bad / bad[kept].sum())

    @cached_property
    def _rated_names(self) -> list[str]:
        return [name for word in sorted(self._lexicon) for name in (word, NOT + word)]

    @property
    def _rated_codes(self) -> Numbers:
        return codes_named(self._rated_names, pa.array(self._vocabulary, pa.string()))

    @cached_property
    def _rated(self) -> Floats:
        """The lexicon's rating of each term."""
        rated = np.zeros(len(self._codes))
        ratings = [RATED * rating for word in sorted(self._lexicon) for rating in (self._lexicon[word], NEGATED * self._lexicon[word])]
        rated[np.searchsorted(self._codes, self._rated_codes)] = ratings
        return rated
