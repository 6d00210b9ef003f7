"""VADER's score of each review with stars: what a model has to beat. It is computed once per review, since it is slow."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from ..table.contract import Contract, Field
from ..table.table import table
from ._lexicon import compound


class LexiconScores(Contract):
    """VADER's scores."""

    batch_date: dt.Date = Field(description="day on which the review arrived")
    review_id: dt.Int64 = Field(gt=0, description="number of the review")
    compound: dt.Float64 = Field(ge=-1, le=1, description="VADER's score of the text, from -1, all negative, to 1")

    class Config:
        """One row per review and day."""

        unique = ["batch_date", "review_id"]


def with_stars(reviews: ir.Table) -> ir.Table:
    """Return the reviews from which a model can learn."""
    return reviews.filter(reviews.five_stars.notnull()).select("batch_date", "review_id", "text")


@table(contract=LexiconScores, scores=with_stars, kinds=("duckdb", "python"))
def lexicon_scores(rows: pa.RecordBatch) -> pa.RecordBatch:
    """VADER's scores of the reviews with stars. Grain: one row per batch_date and review_id."""
    scores = pa.array([compound(text) for text in rows["text"].to_pylist()], pa.float64())
    return pa.RecordBatch.from_arrays([rows["batch_date"], rows["review_id"], scores], schema=LexiconScores.arrow_schema())
