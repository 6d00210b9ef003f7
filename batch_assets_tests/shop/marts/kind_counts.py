"""Pieces by kind; a shelf whose kind is not known yet has none."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from batch_assets.table.contract import Contract, Field
from batch_assets.table.table import ALL, table

UNKNOWN = "unknown"


class KindCounts(Contract):
    """Pieces of a kind on a day."""

    batch_date: dt.Date = Field(description="day of the counts")
    kind: dt.String = Field(description=f"kind as of batch_date, or `{UNKNOWN}`")
    pieces: dt.Int64 = Field(ge=0, description="pieces")
    shelves: dt.Int64 = Field(ge=1, description="shelves that were counted")

    class Config:
        """One row per batch_date and kind."""

        unique = ["batch_date", "kind"]


@table(contract=KindCounts, lookback={"shelf_kinds": ALL}, conserves={"shelf_counts": {"pieces": "pieces"}}, measure="pieces")
def kind_counts(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
    """Pieces by kind. Grain: one row per batch_date and kind."""
    kinds = shelf_kinds.select("shelf", "kind", known_on=_.batch_date)
    known = shelf_counts.left_join(kinds, [shelf_counts.shelf == kinds.shelf, shelf_counts.batch_date >= kinds.known_on])
    latest = known.group_by("batch_date", "shelf", "pieces").agg(kind=_.kind.argmax(_.known_on))
    by_kind = latest.mutate(kind=_.kind.fill_null(UNKNOWN)).group_by("batch_date", "kind")
    return by_kind.agg(pieces=_.pieces.sum().cast("int64"), shelves=_.count())
