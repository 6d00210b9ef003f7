"""Customers' reviews: cleaned, masked, each in one form, with its language. What cannot be read is rejected with its reason."""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.language import language
from ..expressions.local_time import to_local
from ..expressions.prose import masked, plain
from ..expressions.text import utc_time, whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import first_of_each

MOST_DAYS_LATE = 7
"""A review that arrives more than this many days after it was written is treated as a clock error."""

MOST_LETTERS = 200
"""Two reviews are of one text if their first letters are the same, so many of them."""

_IDS = ("review_id", "product_id")


class Reviews(Contract):
    """Reviews that can be read."""

    batch_date: dt.Date = Field(description="day on which the lake received the review")
    review_id: dt.Int64 = Field(gt=0, description="number of the review")
    product_id: dt.Int64 = Field(gt=0, description="number of the product, which may not be in the catalogue yet")
    marketing_id: dt.String = Field(nullable=True, private=True, description="the marketing department's ID of the author; null if unknown")
    five_stars: dt.Boolean = Field(nullable=True, description="whether the customer gave five stars of five; null if none were given")
    text: dt.String = Field(description="what the customer wrote, without markup; addresses, telephone numbers and links are masked")
    language: dt.String = Field(description="language of the text, by its common words: ISO 639-1; `other`; or `unknown`")
    letters: dt.String = Field(description=f"hash of the text's first {MOST_LETTERS} letters in lower case, by which repeats are found")
    reviewed_at: Annotated[dt.Timestamp, None, 6, True] = Field(description="time of writing, UTC")
    reviewed_on: dt.Date = Field(description="store-local day of writing: batch_date, or up to 7 days before")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per review and day."""

        unique = ["batch_date", "review_id"]


@table(contract=Reviews)
def reviews(review_log: ir.Table) -> ir.Table:
    """Reviews, cleaned and masked. Grain: one row per batch_date and review_id."""
    typed = review_log.select(
        "batch_date",
        *(whole_number(review_log[name]).name(name) for name in _IDS),
        marketing_id=one_form(review_log.marketing_id),
        stars=_.five_stars,
        text=masked(plain(review_log.text)),
        reviewed_at=utc_time(review_log.reviewed_at),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        five_stars=ibis.cases((_.stars == "true", True), (_.stars == "false", False)),
        language=language(typed.text),
        letters=typed.text.lower().re_replace(r"[^\pL]+", "").substr(0, MOST_LETTERS).hexdigest("md5"),
        reviewed_on=to_local(typed.reviewed_at).date(),
    ).mutate(reject_reason=_nonsense())
    return first_of_each(judged.drop("stars"), "review_id", otherwise="the review repeats an earlier one of the day")


def _nonsense() -> ir.StringValue:
    """Return the reason why a review is invalid by itself; null if it is valid."""
    return ibis.cases(
        *((_[name].isnull(), f"{name} is not a whole number") for name in _IDS),
        *((_[name] <= 0, f"{name} is not positive") for name in _IDS),
        (_.stars.notnull() & _.five_stars.isnull(), "five_stars is neither true nor false"),
        (_.text.isnull(), "text is empty"),
        (_.reviewed_at.isnull(), "reviewed_at is not a UTC time"),
        (_.reviewed_on > _.batch_date, "reviewed_at is after the batch day"),
        (_.reviewed_on < _.batch_date - ibis.interval(days=MOST_DAYS_LATE), f"reviewed_at is more than {MOST_DAYS_LATE} days before the batch day"),
    )
