"""Terms: the words of reviews and their pairs, as numbers. A word after a negation counts as another word, `not_good`, until the next mark.

All rows are encoded at once, in arrays: a row's terms do not depend on the other rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Truth = NDArray[np.bool_]

SCOPE = 4
"""A negation reaches so many words, or to the next mark."""

NOT = "not_"
"""What a negated word begins with; no word of a review has an underscore."""

_NEGATION = re.compile(
    r"not|no|never|nothing|nor|neither|none|without|hardly|barely|cannot"
    r"|.*n't|(?:ca|do|does|did|is|was|wo|would|could|should|are|were|have|has|had|ai)nt"
)


@dataclass(frozen=True)
class Tokens:
    """The words and marks of some rows, one after the other.

    Attributes:
        rows: the row of each.
        words: the number of its word among `distinct`.
        distinct: each word and mark that occurs, once.
        negated: whether it is negated.
        is_mark: whether it is a mark, and no word.
        count: the number of rows.
    """

    rows: Numbers
    words: Numbers
    distinct: pa.Array
    negated: Truth
    is_mark: Truth
    count: int

    @property
    def lengths(self) -> Numbers:
        """The number of words of each row."""
        return np.bincount(self.rows[~self.is_mark], minlength=self.count)


def tokens_of(words: pa.ListArray, *, negation: bool) -> Tokens:
    """Return the words of some rows, and which of them are negated, if that is asked for."""
    found = words.flatten().dictionary_encode()
    offsets = np.asarray(words.offsets, np.int64)
    sizes = np.diff(offsets)
    row, start = np.repeat(np.arange(len(words)), sizes), np.repeat(offsets[:-1] - offsets[0], sizes)
    distinct, index = found.dictionary, np.asarray(found.indices, np.int64)
    texts = distinct.to_pylist()
    is_mark = np.array([not text[0].isalpha() for text in texts], bool)[index]
    if not negation:
        return Tokens(row, index, distinct, np.zeros(len(index), bool), is_mark, len(words))
    negates = np.array([_NEGATION.fullmatch(text) is not None for text in texts], bool)[index]
    at = np.arange(len(index))
    mark_before = np.maximum.accumulate(np.where(is_mark, at, -1))
    negation_before = np.r_[-1, np.maximum.accumulate(np.where(negates, at, -1))[:-1]] if len(at) else at
    negated = ~is_mark & (negation_before >= start) & (negation_before > mark_before) & (at - negation_before <= SCOPE)
    return Tokens(row, index, distinct, negated, is_mark, len(words))


def codes_of(tokens: Tokens, words: pa.Array) -> tuple[Numbers, Numbers]:
    """Return (rows, codes): a code for each word, and for each pair of neighbours, that are all among `words`; rows repeat a code as the text does.

    A word's code is twice its number, and one more if it is negated; a pair's is made of both. Marks are in no pair.
    """
    number = np.asarray(pc.fill_null(pc.index_in(tokens.distinct, value_set=words), -1), np.int64)[tokens.words]
    code, base = 2 * number + tokens.negated, 2 * len(words)
    known = number >= 0
    pairs = np.flatnonzero(known[1:] & known[:-1] & ~tokens.is_mark[1:] & ~tokens.is_mark[:-1] & (tokens.rows[1:] == tokens.rows[:-1]))
    rows = np.concatenate([tokens.rows[known], tokens.rows[pairs]])
    return rows, np.concatenate([code[known], (code[pairs] + 1) * base + code[pairs + 1]])


def names_of(codes: Numbers, words: Sequence[str]) -> list[str]:
    """Return the terms that codes stand for: `good`, `not_good`, `very good`."""
    base = 2 * len(words)
    named = np.array([name for word in words for name in (word, NOT + word)], object)
    first = named[np.where(codes < base, codes, codes // base - 1)] if len(named) else named
    return [a if code < base else f"{a} {named[code % base]}" for code, a in zip(codes.tolist(), first.tolist(), strict=True)]


def codes_named(names: Sequence[str], words: pa.Array) -> Numbers:
    """Return the codes of terms, as `names_of` wrote them."""
    base, number = 2 * len(words), {}
    for place, word in enumerate(words.to_pylist()):
        number[word], number[NOT + word] = 2 * place, 2 * place + 1
    parts = (name.partition(" ") for name in names)
    return np.array([(number[first] + 1) * base + number[second] if second else number[first] for first, _, second in parts], np.int64)


def words_in(names: Sequence[str]) -> pa.Array:
    """Return the words that terms consist of, in order."""
    parts = {word for name in names for word in name.split(" ")}
    return pa.array(sorted({word.removeprefix(NOT) for word in parts}), pa.string())


def distinct_pairs(rows: Numbers, terms: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Return each (row, term) once, in order; terms are numbers below `count`."""
    # numpy's `unique` hashes integers, which takes ten times as long as sorting them.
    pairs = np.sort(rows * count + terms)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return pairs // count, pairs % count
