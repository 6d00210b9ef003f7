"""Pieces that are expected on the next days, by kind, and why."""

import json

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from batch_assets.table.chart import Bars
from batch_assets.table.contract import Contract, Field, Nested
from batch_assets.table.model import Version
from batch_assets.table.table import table


class Reasons(Nested):
    """What something was expected from, and its share."""

    type = dt.Array(dt.Struct({"what": dt.string, "share": dt.float64}))


class ExpectedCounts(Contract):
    """Pieces expected."""

    batch_date: dt.Date = Field(description="the day at whose end this was expected")
    kind: dt.String = Field(description="kind, as in recent_counts")
    ahead: dt.Int64 = Field(ge=1, le=2, description="days from batch_date")
    pieces: dt.Float64 = Field(ge=0, description="pieces expected")
    reasons: Reasons = Field(description="what they were expected from")
    model_version: dt.String = Field(description="version of mean_model in force on batch_date")

    class Config:
        """One row per batch_date, kind and ahead."""

        unique = ["batch_date", "kind", "ahead"]


def to_expect(recent_counts: ir.Table, next_days: ir.Table) -> ir.Table:
    """Return each kind with each of the days to come."""
    return recent_counts.join(next_days, "batch_date")


def expected_chart(expected_counts: ir.Table, day: object) -> Bars:
    """Describe a chart of what is expected tomorrow."""
    rows = expected_counts.filter((expected_counts.batch_date == day) & (expected_counts.ahead == 1)).order_by("kind").to_pandas()
    return Bars("Pieces expected", rows["kind"].tolist(), {"pieces": rows["pieces"].tolist()})


@table(contract=ExpectedCounts, scores=to_expect, show=expected_chart, measure="pieces")
def expected_counts(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
    """Pieces expected. Grain: one row per batch_date, kind and ahead."""
    means = json.loads(mean_model.files["means.json"])
    made = [
        {
            "batch_date": row["batch_date"],
            "kind": row["kind"],
            "ahead": row["ahead"],
            "pieces": round(mean_model.row["factor"] * (means.get(row["kind"], 0.0) + row["pieces"] / row["counted"]) / 2, 3),
            "reasons": [{"what": "model", "share": 0.5}, {"what": f"weekday {row['weekday']}", "share": 0.5}],
            "model_version": mean_model.version,
        }
        for row in rows.to_pylist()
    ]
    return pa.RecordBatch.from_pylist(made, schema=ExpectedCounts.arrow_schema())
