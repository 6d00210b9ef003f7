"""What was sold so far on the day that lasts, beside what was forecast for all of it."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import table


class SalesToday(Contract):
    """Sales of a category so far, and its forecast for the whole day."""

    batch_date: dt.Date = Field(description="the day, which lasts")
    category: dt.String = Field(description="category, as in category_day_sales; the catalogue of the day before says which")
    units: dt.Int64 = Field(ge=0, description="units sold on the day, as far as their lines have landed")
    lines: dt.Int64 = Field(ge=0, description="receipt lines")
    amount_cents: dt.Int64 = Field(ge=0, description="cents paid")
    forecast: dt.Float64 = Field(ge=0, nullable=True, description="units that were forecast for the whole day, at the end of the day before; null if none were")
    lower: dt.Float64 = Field(ge=0, nullable=True, description="the lower bound of the 80 % prediction interval")
    upper: dt.Float64 = Field(ge=0, nullable=True, description="its upper bound")

    class Config:
        """One row per category."""

        unique = ["batch_date", "category"]


@table(contract=SalesToday, lookback={"demand_forecast": 1}, measure="units")
def sales_today(category_day_sales: ir.Table, demand_forecast: ir.Table) -> ir.Table:
    """Units sold so far on the day that lasts, beside the forecast for all of it. Grain: one row per category. Late lines of earlier days do not count."""
    sold = category_day_sales.filter(_.sold_on == _.batch_date).select("batch_date", "category", "units", "lines", "amount_cents")
    made = demand_forecast.select("category", "target_date", "lower", "upper", forecast=_.units)
    beside = sold.left_join(made, [sold.batch_date == made.target_date, sold.category == made.category])
    return beside.select(*sold.columns, "forecast", "lower", "upper")
