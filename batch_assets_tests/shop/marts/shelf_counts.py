"""Counts, typed, the first of each shelf and day."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from batch_assets.expressions.text import whole_number
from batch_assets.table.contract import Contract, Field, Nested
from batch_assets.table.table import table


class Words(Nested):
    """Words in their order."""

    type = dt.Array(dt.string)


class ShelfCounts(Contract):
    """Pieces on a shelf."""

    batch_date: dt.Date = Field(description="day of the count")
    shelf: dt.Int64 = Field(gt=0, description="number of the shelf")
    pieces: dt.Int64 = Field(ge=0, description="pieces on it")
    words: Words = Field(nullable=True, private=True, description="what the person had to say, word by word")
    source_file: dt.String = Field(description="raw file, below the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date and shelf."""

        unique = ["batch_date", "shelf"]


@table(contract=ShelfCounts, measure="pieces")
def shelf_counts(counts: ir.Table) -> ir.Table:
    """Pieces by shelf. Grain: one row per batch_date and shelf."""
    typed = counts.select(
        "batch_date",
        shelf=whole_number(counts.shelf),
        pieces=whole_number(counts.pieces),
        words=_.words.nullif("").split(" "),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases((_.shelf.isnull() | (_.shelf <= 0), "no such shelf"), (_.pieces.isnull() | (_.pieces < 0), "pieces is no count"))
    )
    same = ibis.window(group_by=[_.batch_date, _.shelf, _.reject_reason.isnull()], order_by=[_.source_file, _.source_line])
    return judged.mutate(reject_reason=ibis.coalesce(_.reject_reason, ibis.ifelse(ibis.row_number().over(same) > 0, "the shelf was counted before", None)))
