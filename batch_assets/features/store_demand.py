"""What is known about the whole store's demand at the end of the batch day: sums over the categories that are forecast."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import table

_SUMS = ("units_7d", "units_28d", "units_56d", "units_91d", *(f"{weekday}_56d" for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")))


class StoreDemand(Contract):
    """What is known about the store's demand as of a day. Sums are over the days up to batch_date, in store-local time."""

    batch_date: dt.Date = Field(description="the day as of which this is known")
    categories: dt.Int64 = Field(ge=1, description="number of categories included: those that are sold regularly")
    units_7d: dt.Int64 = Field(ge=0, description="units sold in the last 7 days")
    units_28d: dt.Int64 = Field(ge=0, description="units sold in the last 28 days")
    units_56d: dt.Int64 = Field(ge=0, description="units sold in the last 56 days")
    units_91d: dt.Int64 = Field(ge=0, description="units sold in the last 91 days")
    mon_56d: dt.Int64 = Field(ge=0, description="units sold on Mondays in the last 56 days")
    tue_56d: dt.Int64 = Field(ge=0, description="units sold on Tuesdays in the last 56 days")
    wed_56d: dt.Int64 = Field(ge=0, description="units sold on Wednesdays in the last 56 days")
    thu_56d: dt.Int64 = Field(ge=0, description="units sold on Thursdays in the last 56 days")
    fri_56d: dt.Int64 = Field(ge=0, description="units sold on Fridays in the last 56 days")
    sat_56d: dt.Int64 = Field(ge=0, description="units sold on Saturdays in the last 56 days")
    sun_56d: dt.Int64 = Field(ge=0, description="units sold on Sundays in the last 56 days")

    class Config:
        """One row per batch_date."""

        unique = ["batch_date"]


@table(contract=StoreDemand, conserves={"category_demand": {name: name for name in _SUMS}}, measure="units_28d")
def store_demand(category_demand: ir.Table) -> ir.Table:
    """Level and weekday profile of the whole store. Grain: one row per batch_date; none if no category is sold regularly."""
    return category_demand.group_by("batch_date").agg(categories=_.count(), **{name: _[name].sum().cast("int64") for name in _SUMS})
