"""The sentiment of each review: how likely it is positive, and the phrases that say so. What cannot be judged is labelled so."""

from functools import lru_cache

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from ..features._readable import LANGUAGES, LEAST_WORDS
from ..models._sentiment.judge import DECIMALS, SHOWN, Judge, Judgement
from ..models._sentiment.race import probabilities
from ..table.contract import Contract, Field, Nested, rule
from ..table.model import Version
from ..table.table import table

POSITIVE, NEGATIVE, OUT_OF_DOMAIN = "positive", "negative", "out of domain"
TOO_SHORT, OTHER_LANGUAGE = "too short", "other language"
_LABELS = np.array([NEGATIVE, POSITIVE, OUT_OF_DOMAIN, TOO_SHORT, OTHER_LANGUAGE])

_PHRASE = pa.struct({"phrase": pa.string(), "adds": pa.float64()})


class Phrases(Nested):
    """Phrases, each with what it adds to the log odds."""

    type = dt.Array(dt.Struct({"phrase": dt.string, "adds": dt.float64}))


class ReviewSentiment(Contract):
    """The sentiment of the reviews that arrived on a day."""

    batch_date: dt.Date = Field(description="day on which the review arrived")
    review_id: dt.Int64 = Field(gt=0, description="number of the review")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    label: dt.String = Field(
        isin=_LABELS.tolist(),
        description=f"`{POSITIVE}` or `{NEGATIVE}`, whichever is more likely; `{OUT_OF_DOMAIN}`: few of its words are known; "
        f"`{TOO_SHORT}`: fewer than {LEAST_WORDS} words; or `{OTHER_LANGUAGE}` than English",
    )
    is_repeat: dt.Boolean = Field(description="whether the same text came before, as in review_words")
    probability: dt.Float64 = Field(
        nullable=True, ge=0, le=1, description="probability that the customer gave five stars of five, or would; null if not judged"
    )
    log_odds: dt.Float64 = Field(nullable=True, description="its log odds: the sum of what all phrases add, and of `rest`; null if not judged")
    phrases: Phrases = Field(description=f"the {SHOWN} phrases at most that add most to the log odds, in either direction, and what each adds")
    rest: dt.Float64 = Field(nullable=True, description="what everything else adds to the log odds; null if not judged")
    model_version: dt.String = Field(description="version of sentiment_model in force on batch_date")

    @rule
    def a_review_is_judged_if_it_can_be_read(cls, rows: ir.Table) -> ir.BooleanValue:
        """`probability` is null for what is too short or in another language, and only for that."""
        return rows.probability.isnull() == rows.label.isin([TOO_SHORT, OTHER_LANGUAGE])

    class Config:
        """One row per review and day."""

        unique = ["batch_date", "review_id"]


def reviews_to_score(review_words: ir.Table, reviews: ir.Table) -> ir.Table:
    """Return the reviews to score: words, and texts for a method that reads these."""
    texts = reviews.select("batch_date", "review_id", "text")
    return review_words.join(texts, ["batch_date", "review_id"]).select(
        "batch_date", "review_id", "product_id", "language", "is_repeat", "word_count", "words", "text"
    )


@table(contract=ReviewSentiment, scores=reviews_to_score, kinds=("duckdb", "numpy", "parquet"))
def review_sentiment(rows: pa.RecordBatch, sentiment_model: Version) -> pa.RecordBatch:
    """Sentiment of each review, with the phrases that carry it. Grain: one row per batch_date and review_id."""
    made = _judge(sentiment_model).judge(rows["words"], rows["text"])
    is_short = rows["word_count"].to_numpy() < LEAST_WORDS
    is_foreign = ~np.isin(rows["language"].to_numpy(zero_copy_only=False).astype(str), LANGUAGES)
    is_judged = ~is_short & ~is_foreign
    label = np.select([is_short, is_foreign, ~made.is_known], [3, 4, 2], (made.log_odds >= 0).astype(int))
    named = is_judged[made.rows]
    sums = np.bincount(made.rows[named], made.adds[named], len(rows))
    columns = [
        rows["batch_date"],
        rows["review_id"],
        rows["product_id"],
        pa.array(_LABELS[label], pa.string()),
        rows["is_repeat"],
        pa.array(np.round(probabilities(made.log_odds), DECIMALS), mask=~is_judged),
        pa.array(made.log_odds, mask=~is_judged),
        _lists(made, named, len(rows)),
        pa.array(np.round(made.log_odds - sums, DECIMALS), mask=~is_judged),
        pa.repeat(sentiment_model.version, len(rows)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ReviewSentiment.arrow_schema())


def _lists(made: Judgement, named: np.ndarray, count: int) -> pa.ListArray:
    """Return the named phrases of each row."""
    phrases = pa.StructArray.from_arrays([made.phrases.filter(pa.array(named)), pa.array(made.adds[named])], fields=list(_PHRASE))
    ends = np.cumsum(np.bincount(made.rows[named], minlength=count))
    return pa.ListArray.from_arrays(pa.array(np.r_[0, ends], pa.int32()), phrases)


@lru_cache(maxsize=2)
def _judge(model: Version) -> Judge:
    """Return a version, ready to score; cached, so that its files are parsed once."""
    return Judge(model.files)
