"""Point-in-time data: the reviews with stars that a model may learn from on a day."""

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from ...features._readable import LANGUAGES, LEAST_WORDS
from .linear import Floats
from .terms import Truth


@dataclass(frozen=True)
class Labelled:
    """Reviews with stars, oldest first, each text once.

    Attributes:
        days: the day on which each arrived.
        words: its words and marks.
        positive: whether it has five stars.
        compound: VADER's score.
    """

    days: np.ndarray
    words: pa.ListArray
    positive: Truth
    compound: Floats

    def __len__(self) -> int:
        return len(self.positive)

    def until(self, day: dt.date) -> "Labelled":
        """Return the reviews that had arrived by a day."""
        return self.where(self.days <= np.datetime64(day))

    def where(self, part: Truth) -> "Labelled":
        """Return the reviews of a part."""
        return Labelled(self.days[part], self.words.filter(pa.array(part)), self.positive[part], self.compound[part])


def labelled(review_words: ir.Table, lexicon_scores: ir.Table) -> Labelled:
    """Return all reviews that a model can learn from: with stars, in a language it reads, of some length, and no repeats."""
    usable = review_words.filter(_.five_stars.notnull() & _.language.isin(LANGUAGES) & (_.word_count >= LEAST_WORDS) & ~_.is_repeat)
    joined = usable.join(lexicon_scores, ["batch_date", "review_id"]).order_by("batch_date", "review_id")
    rows = joined.select("batch_date", "letters", "words", "five_stars", "compound").to_pyarrow().combine_chunks()
    first = np.sort(np.unique(rows["letters"].to_numpy(zero_copy_only=False).astype(str), return_index=True)[1])
    rows = rows.take(pa.array(first)).combine_chunks()
    words = rows["words"].combine_chunks() if len(rows) else pa.array([], pa.list_(pa.string()))
    days = rows["batch_date"].to_numpy().astype("datetime64[D]")
    return Labelled(days, words, rows["five_stars"].to_numpy(zero_copy_only=False).astype(bool), rows["compound"].to_numpy())
