"""Planned promotions, typed and each once. Invalid ones are rejected with the reason."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.text import iso_date, whole_number
from ..table.contract import Contract, Field, rule
from ..table.table import table
from ._once import first_of_each

_NUMBERS = ("product_id", "stores")


class Promotions(Contract):
    """Promotions announced on a day."""

    batch_date: dt.Date = Field(description="day on which it was announced")
    promotion_id: dt.String = Field(description="week, product and place in the mailer")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    mailer: dt.String = Field(str_matches="^[A-Z]$", description="place in the weekly mailer")
    stores: dt.Int64 = Field(gt=0, description="number of stores that take part")
    starts_on: dt.Date = Field(description="first day")
    ends_on: dt.Date = Field(description="last day")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="number of the record in the raw file")

    class Config:
        """One row per batch_date and promotion."""

        unique = ["batch_date", "promotion_id"]

    @rule
    def ends_after_it_starts(cls, rows: ir.Table) -> ir.BooleanValue:
        """starts_on <= ends_on"""  # noqa: D415 - it is the message
        return rows.starts_on <= rows.ends_on


@table(contract=Promotions)
def promotions(promotion_plan: ir.Table) -> ir.Table:
    """Promotions announced on a day. Grain: one row per batch_date and promotion_id."""
    typed = promotion_plan.select(
        "batch_date",
        promotion_id=promotion_plan.promotion_id.nullif(""),
        product_id=whole_number(promotion_plan.product_id),
        mailer=_.mailer,
        stores=whole_number(promotion_plan.stores),
        starts_on=iso_date(promotion_plan.starts_on),
        ends_on=iso_date(promotion_plan.ends_on),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            (_.promotion_id.isnull(), "promotion_id is missing"),
            *((_[name].isnull() | (_[name] <= 0), f"{name} is not a positive whole number") for name in _NUMBERS),
            (~_.mailer.re_search("^[A-Z]$").fill_null(False), "mailer is not a letter"),
            *((_[name].isnull(), f"{name} is not a day such as 2017-12-24") for name in ("starts_on", "ends_on")),
            (_.ends_on < _.starts_on, "ends_on is before starts_on"),
            (_.ends_on < _.batch_date, "ends_on is before the day of the announcement"),
        )
    )
    return first_of_each(judged, "promotion_id", otherwise="the record repeats an earlier promotion of the day")
