"""What was counted of each kind lately."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from batch_assets.table.contract import Contract, Field, Nested, rule
from batch_assets.table.table import table

DAYS = 4


class Extremes(Nested):
    """The least and the most."""

    type = dt.Struct({"least": dt.int64, "most": dt.int64})


class RecentCounts(Contract):
    """What is known of a kind as of a day."""

    batch_date: dt.Date = Field(description="the day as of which this is known")
    kind: dt.String = Field(description="kind that was counted within four days")
    pieces: dt.Int64 = Field(ge=0, description="pieces counted in four days, all together")
    counted: dt.Int64 = Field(ge=1, le=DAYS, description="days on which it was counted, of four")
    extremes: Extremes = Field(description="least and most pieces of a day")

    @rule
    def extremes_are_of_the_pieces(cls, rows: ir.Table) -> ir.BooleanValue:
        """`least <= most <= pieces`."""
        return (rows.extremes["least"] <= rows.extremes["most"]) & (rows.extremes["most"] <= rows.pieces)

    class Config:
        """One row per batch_date and kind."""

        unique = ["batch_date", "kind"]


@table(contract=RecentCounts, lookback={"kind_counts": DAYS - 1})
def recent_counts(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
    """Counts of four days by kind. Grain: one row per batch_date and kind."""
    first = days.batch_date - ibis.interval(days=DAYS - 1)
    looked_at = days.join(kind_counts, [kind_counts.batch_date <= days.batch_date, kind_counts.batch_date >= first], rname="counted_{name}")
    sums = looked_at.group_by("batch_date", "kind").agg(pieces=_.pieces.sum().cast("int64"), counted=_.count(), least=_.pieces.min(), most=_.pieces.max())
    return sums.select("batch_date", "kind", "pieces", "counted", extremes=ibis.struct({"least": _.least, "most": _.most}))
