"""The two days after a batch day."""

import datetime
from collections.abc import Iterator

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from batch_assets.table.contract import Contract, Field
from batch_assets.table.table import table


class NextDays(Contract):
    """A day to come."""

    batch_date: dt.Date = Field(description="the day as of which it is to come")
    ahead: dt.Int64 = Field(ge=1, le=2, description="days from batch_date to it")
    weekday: dt.Int64 = Field(ge=0, le=6, description="its weekday, Monday is 0")

    class Config:
        """One row per batch_date and day to come."""

        unique = ["batch_date", "ahead"]


@table(contract=NextDays, kinds=("duckdb", "python"))
def next_days(days: ir.Table) -> Iterator[pa.RecordBatch]:
    """The next two days. Grain: one row per batch_date and ahead."""
    for day in days.to_pyarrow()["batch_date"].to_pylist():
        rows = [{"batch_date": day, "ahead": n, "weekday": (day + datetime.timedelta(days=n)).weekday()} for n in (1, 2)]
        yield pa.RecordBatch.from_pylist(rows, schema=NextDays.arrow_schema())
