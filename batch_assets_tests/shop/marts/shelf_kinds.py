"""What lies on each shelf, as it became known."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from batch_assets.expressions.text import whole_number
from batch_assets.table.contract import Contract, Field
from batch_assets.table.table import table


class ShelfKinds(Contract):
    """A shelf, as it was put up or changed on a day."""

    batch_date: dt.Date = Field(description="day on which it became known")
    shelf: dt.Int64 = Field(history=True, gt=0, description="number of the shelf")
    kind: dt.String = Field(description="what lies on it")
    source_file: dt.String = Field(description="raw file, below the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="row in the raw file")

    class Config:
        """One row per batch_date and shelf."""

        unique = ["batch_date", "shelf"]


@table(contract=ShelfKinds)
def shelf_kinds(shelves: ir.Table) -> ir.Table:
    """Shelves as of the day they were put up or changed. Grain: one row per batch_date and shelf."""
    typed = shelves.mutate(shelf=whole_number(shelves.shelf))
    same = ibis.window(group_by=[_.batch_date, _.shelf], order_by=[ibis.desc(_.source_line), _.source_file])
    reason = ibis.cases(
        (_.shelf.isnull(), "shelf is not a number"), (_.kind.isnull(), "kind is missing"), (ibis.row_number().over(same) > 0, "a later row has this shelf")
    )
    return typed.mutate(reject_reason=reason).select("batch_date", "shelf", "kind", "source_file", "source_line", "reject_reason")
