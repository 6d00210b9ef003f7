"""The words of a review, in order, as models read them; and whether its text came before."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.matches import count_of, matches
from ..table.contract import Contract, Field, Nested
from ..table.table import table
from ._readable import LEAST_WORDS

LOOK_BACK = 28
"""A text that came within so many days before is a repeat."""

_WORD_OR_MARK = r"[a-z]+(?:'?[a-z]+)*|[.!?,;:()]"
_DASH = r"\s-\s|--+|[\x{2013}\x{2014}]"
_WORD = r"\pL+(?:'?\pL+)*"


class Words(Nested):
    """Words and punctuation marks, in order."""

    type = dt.Array(dt.string)


class ReviewWords(Contract):
    """Reviews as words."""

    batch_date: dt.Date = Field(description="day on which the review arrived")
    review_id: dt.Int64 = Field(gt=0, description="number of the review")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    five_stars: dt.Boolean = Field(nullable=True, description="whether the customer gave five stars of five; null if none were given")
    language: dt.String = Field(description="language of the text, as in reviews")
    letters: dt.String = Field(description="hash of the text's first letters, as in reviews")
    is_repeat: dt.Boolean = Field(
        description=f"whether a review of at least {LEAST_WORDS} words has the first letters of one that came before, up to {LOOK_BACK} days earlier"
    )
    word_count: dt.Int64 = Field(ge=0, description="words in any script")
    words: Words = Field(description="English words in lower case, and punctuation marks, in order")

    class Config:
        """One row per review and day."""

        unique = ["batch_date", "review_id"]


def english_words(text: ir.StringValue) -> ir.ArrayValue:
    """Return the words and marks of a text; a dash between words counts as a semicolon."""
    return matches(text.lower().re_replace(_DASH, " ; "), _WORD_OR_MARK)


@table(contract=ReviewWords, lookback={"reviews": LOOK_BACK})
def review_words(reviews: ir.Table) -> ir.Table:
    """Words of the reviews that arrived on a day. Grain: one row per batch_date and review_id."""
    before = _.batch_date.lag().over(ibis.window(group_by=_.letters, order_by=[_.batch_date, _.source_file, _.source_line]))
    return reviews.select(
        "batch_date",
        "review_id",
        "product_id",
        "five_stars",
        "language",
        "letters",
        word_count=count_of(reviews.text, _WORD),
        is_repeat=(before >= _.batch_date - ibis.interval(days=LOOK_BACK)).fill_null(False),
        words=english_words(reviews.text),
    ).mutate(is_repeat=_.is_repeat & (_.word_count >= LEAST_WORDS))
