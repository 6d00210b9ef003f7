"""What customers think otherwise of this week than of the four weeks before, and the phrases that say why."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.intervals import difference, wilson
from ..marts.products import as_valid
from ..table.contract import Contract, Field, Nested, rule
from ..table.table import ALL, table
from ._millionths import mean, total
from .product_sentiment import DECIMALS, judged_reviews

WEEK, BEFORE = 7, 28
"""The days of this week, and those before them with which it is compared."""

NAMED = 5
"""The number of phrases that are named."""


class Reasons(Nested):
    """Phrases, each with the number of this week's reviews in which it is named, and what it adds to the change of the mean log odds."""

    type = dt.Array(dt.Struct({"phrase": dt.string, "reviews": dt.int64, "adds": dt.float64}))


class SentimentChanges(Contract):
    """Products that were reviewed this week and in the four weeks before."""

    batch_date: dt.Date = Field(description=f"the last day of the week of {WEEK} days")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    category: dt.String = Field(nullable=True, description="its category on that day; null if the catalogue does not know it yet")
    reviews: dt.Int64 = Field(ge=1, description="this week's reviews that were judged, without repeats")
    reviews_before: dt.Int64 = Field(ge=1, description=f"those of the {BEFORE} days before")
    sentiment: dt.Float64 = Field(ge=0, le=1, description="mean probability of five stars, this week")
    sentiment_before: dt.Float64 = Field(ge=0, le=1, description=f"the same of the {BEFORE} days before")
    change: dt.Float64 = Field(ge=-1, le=1, description="sentiment - sentiment_before")
    lower: dt.Float64 = Field(ge=-1, le=1, description="lower bound of a 95 % interval of the change (Newcombe)")
    upper: dt.Float64 = Field(ge=-1, le=1, description="upper bound of that interval")
    is_clear: dt.Boolean = Field(description="whether the interval is above 0 or below; of 20 products that did not change, one is called clear by chance")
    phrases: Reasons = Field(description=f"the {NAMED} phrases at most that add most to the change, in its direction")

    @rule
    def the_interval_contains_the_change(cls, rows: ir.Table) -> ir.BooleanValue:
        """`lower` <= `change` <= `upper`."""
        return (rows.lower <= rows.change) & (rows.change <= rows.upper)

    class Config:
        """One row per batch_date and product that was reviewed in both."""

        unique = ["batch_date", "product_id"]


@table(contract=SentimentChanges, lookback={"review_sentiment": WEEK + BEFORE - 1, "products": ALL}, kinds=("duckdb", "parquet"))
def sentiment_changes(days: ir.Table, review_sentiment: ir.Table, products: ir.Table) -> ir.Table:
    """Changes of sentiment by product. Grain: one row per batch_date and product_id."""
    known = _known(days, judged_reviews(review_sentiment))
    means = _means(known)
    categories = as_valid(products).select("product_id", "category", "valid_until", valid_from=_.batch_date)
    named = means.left_join(
        categories,
        [means.product_id == categories.product_id, means.batch_date >= categories.valid_from, means.batch_date < categories.valid_until],
    ).select(means, "category")
    why = _reasons(known, means)
    keys = ["batch_date", "product_id"]
    empty = ibis.literal([], type=Reasons.type)
    return named.left_join(why, keys).select(
        *keys,
        "category",
        "reviews",
        "reviews_before",
        "sentiment",
        "sentiment_before",
        "change",
        "lower",
        "upper",
        is_clear=(_.lower > 0) | (_.upper < 0),
        phrases=_.phrases.fill_null(empty),
    )


def _known(days: ir.Table, judged: ir.Table) -> ir.Table:
    """Return the reviews of each batch day's five weeks; `is_now` says which of them are this week's."""
    week, first = (days.batch_date - ibis.interval(days=length - 1) for length in (WEEK, WEEK + BEFORE))
    return days.join(judged, [judged.arrived_on >= first, judged.arrived_on <= days.batch_date]).mutate(is_now=judged.arrived_on >= week)


def _means(known: ir.Table) -> ir.Table:
    """Return the means of both times, and the interval of their difference."""
    sums = known.group_by("batch_date", "product_id").agg(
        reviews=_.count(where=_.is_now),
        reviews_before=_.count(where=~_.is_now),
        now=total(_.probability, where=_.is_now),
        before=total(_.probability, where=~_.is_now),
    )
    both = sums.filter((_.reviews > 0) & (_.reviews_before > 0))
    seen = both.mutate(now=mean(_.now, _.reviews), before=mean(_.before, _.reviews_before))
    interval = difference(seen.now, wilson(seen.now, seen.reviews), seen.before, wilson(seen.before, seen.reviews_before))
    return seen.select(
        "batch_date",
        "product_id",
        "reviews",
        "reviews_before",
        sentiment=_.now.round(DECIMALS),
        sentiment_before=_.before.round(DECIMALS),
        change=(_.now - _.before).round(DECIMALS),
        lower=interval.lower.round(DECIMALS),
        upper=interval.upper.round(DECIMALS),
    )


def _reasons(known: ir.Table, means: ir.Table) -> ir.Table:
    """Return the phrases of each product that add most to its change, of those that speak in its direction this week."""
    keys = ["batch_date", "product_id"]
    said = known.select(*keys, "is_now", phrase=known.phrases.unnest()).unpack("phrase")
    sums = said.group_by(*keys, "phrase").agg(in_reviews=_.count(where=_.is_now), now=total(_.adds, where=_.is_now), before=total(_.adds, where=~_.is_now))
    each = sums.join(means.select(*keys, "reviews", "reviews_before", "change"), keys)
    adds = (mean(each.now, each.reviews) - mean(each.before, each.reviews_before)).round(DECIMALS)
    named = each.mutate(adds=adds).filter((_.adds * _.change > 0) & (_.now * _.change > 0))
    ranked = named.mutate(rank=ibis.row_number().over(group_by=keys, order_by=[_.adds.abs().desc(), _.phrase]))
    reasons = ranked.filter(_.rank < NAMED).mutate(reason=ibis.struct({"phrase": _.phrase, "reviews": _.in_reviews, "adds": _.adds}))
    return reasons.group_by(keys).agg(phrases=_.reason.collect(order_by=_.rank))
