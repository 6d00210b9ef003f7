"""The days to forecast, and what the calendar says about each of them in advance: weekday, holidays, closed days."""

import datetime
from collections.abc import Iterator

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from ..partitions import days_of_rule, is_closed
from ..settings import settings
from ..table.contract import Contract, Field
from ..table.table import table
from ._horizon import HORIZON

FAR = 30
"""The cap on distances to holidays, in days: beyond it, a holiday has no effect."""

_DAY = datetime.timedelta(days=1)


class TargetCalendar(Contract):
    """What is known in advance about a future day."""

    batch_date: dt.Date = Field(description="the day as of which target_date is in the future")
    target_date: dt.Date = Field(description="the future day")
    horizon: dt.Int64 = Field(ge=1, le=HORIZON, description="days from batch_date to target_date")
    weekday: dt.Int64 = Field(ge=0, le=6, description="weekday of target_date, with Monday as 0")
    day_of_month: dt.Int64 = Field(ge=1, le=31, description="day of the month of target_date")
    is_closed: dt.Boolean = Field(description="whether the store is closed on target_date, as known on batch_date")
    days_to_holiday: dt.Int64 = Field(ge=0, le=FAR, description=f"days from target_date to the next shopping holiday; {FAR} if farther")
    days_since_holiday: dt.Int64 = Field(ge=0, le=FAR, description=f"days from the last shopping holiday to target_date; {FAR} if farther")
    holiday_in: dt.Int64 = Field(ge=0, le=FAR, description="days_to_holiday of batch_date")
    holiday_ago: dt.Int64 = Field(ge=0, le=FAR, description="days_since_holiday of batch_date")

    class Config:
        """One row per batch_date and target_date."""

        unique = ["batch_date", "target_date"]


@table(contract=TargetCalendar, kinds=("duckdb", "python"))
def target_calendar(days: ir.Table) -> Iterator[pa.RecordBatch]:
    """The 14 days after the batch day. Grain: one row per batch_date and target_date."""
    as_of = sorted(days.to_pyarrow()["batch_date"].to_pylist())
    holidays = _holidays(as_of[0].year - 1, as_of[-1].year + 1)
    rows = [_row(day, horizon, holidays) for day in as_of for horizon in range(1, HORIZON + 1)]
    yield pa.RecordBatch.from_pylist(rows, schema=TargetCalendar.arrow_schema())


def _row(day: datetime.date, horizon: int, holidays: list[datetime.date]) -> dict[str, object]:
    target = day + horizon * _DAY
    return {
        "batch_date": day,
        "target_date": target,
        "horizon": horizon,
        "weekday": target.weekday(),
        "day_of_month": target.day,
        "is_closed": is_closed(target, known_on=day),
        "days_to_holiday": _days_to(target, holidays),
        "days_since_holiday": _days_since(target, holidays),
        "holiday_in": _days_to(day, holidays),
        "holiday_ago": _days_since(day, holidays),
    }


def _days_to(day: datetime.date, holidays: list[datetime.date]) -> int:
    return min([FAR, *((holiday - day).days for holiday in holidays if holiday >= day)])


def _days_since(day: datetime.date, holidays: list[datetime.date]) -> int:
    return min([FAR, *((day - holiday).days for holiday in holidays if holiday <= day)])


def _holidays(first_year: int, last_year: int) -> list[datetime.date]:
    """Return the shopping holidays of a range of years."""
    years = range(first_year, last_year + 1)
    return sorted(set().union(*(days_of_rule(rule, year) for rule in settings.shopping_holidays.values() for year in years)))
