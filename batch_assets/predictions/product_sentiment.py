"""What customers think of each product: the mean of four weeks' reviews, with an interval that is wide if they are few."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.intervals import wilson
from ..table.contract import Contract, Field, rule
from ..table.table import table
from ._millionths import mean, total

DAYS = 28
DECIMALS = 6


class ProductSentiment(Contract):
    """Sentiment of four weeks' reviews."""

    batch_date: dt.Date = Field(description=f"the last of the {DAYS} days")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    reviews: dt.Int64 = Field(ge=1, description=f"reviews of {DAYS} days that were judged, without repeats")
    negative: dt.Int64 = Field(ge=0, description="how many of them are more likely not of five stars")
    sentiment: dt.Float64 = Field(ge=0, le=1, description="mean probability of five stars")
    lower: dt.Float64 = Field(ge=0, le=1, description="lower bound of a 95 % interval (Wilson): what more reviews may show")
    upper: dt.Float64 = Field(ge=0, le=1, description="upper bound of that interval")

    @rule
    def the_interval_contains_the_mean(cls, rows: ir.Table) -> ir.BooleanValue:
        """`lower` <= `sentiment` <= `upper`."""
        return (rows.lower <= rows.sentiment) & (rows.sentiment <= rows.upper)

    class Config:
        """One row per batch_date and product with a review."""

        unique = ["batch_date", "product_id"]


@table(contract=ProductSentiment, lookback={"review_sentiment": DAYS - 1}, kinds=("duckdb", "parquet"), measure="reviews")
def product_sentiment(days: ir.Table, review_sentiment: ir.Table) -> ir.Table:
    """Sentiment of four weeks' reviews by product. Grain: one row per batch_date and product_id."""
    judged = judged_reviews(review_sentiment)
    first = days.batch_date - ibis.interval(days=DAYS - 1)
    known = days.join(judged, [judged.arrived_on >= first, judged.arrived_on <= days.batch_date])
    by_product = known.group_by("batch_date", "product_id").agg(reviews=_.count(), negative=_.count(where=_.probability < 0.5), total=total(_.probability))
    seen = by_product.mutate(sentiment=mean(_.total, _.reviews))
    interval = wilson(seen.sentiment, seen.reviews)
    return seen.select(
        "batch_date",
        "product_id",
        "reviews",
        "negative",
        sentiment=_.sentiment.round(DECIMALS),
        lower=interval.lower.round(DECIMALS),
        upper=interval.upper.round(DECIMALS),
    )


def judged_reviews(review_sentiment: ir.Table) -> ir.Table:
    """Return the reviews that say something of a product, each text once."""
    judged = review_sentiment.filter(_.label.isin(["positive", "negative"]) & ~_.is_repeat)
    return judged.select("product_id", "review_id", "probability", "phrases", arrived_on=_.batch_date)
