"""What each household bought, by day and store: the till lines on which a customer's name was typed."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import table
from ._household import households


class HouseholdPurchases(Contract):
    """Purchases of households that the till knows."""

    batch_date: dt.Date = Field(description="day on which the lake received the lines")
    household_id: dt.Int64 = Field(ge=0, pseudonym=True, description="household as the till knows it: a pseudonym of surname and postcode")
    sold_on: dt.Date = Field(description="store-local day of sale")
    store_id: dt.Int64 = Field(gt=0, description="number of the store")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    units: dt.Int64 = Field(ge=0, description="units sold")
    amount_cents: dt.Int64 = Field(ge=0, description="cents paid")

    class Config:
        """One row per batch_date, household_id, sold_on, store_id and product_id."""

        unique = ["batch_date", "household_id", "sold_on", "store_id", "product_id"]


@table(contract=HouseholdPurchases, measure="amount_cents")
def household_purchases(sales_lines: ir.Table) -> ir.Table:
    """Purchases by household. Grain: one row per batch_date, household_id, sold_on, store_id and product_id."""
    bought = sales_lines.left_join(households(sales_lines), ["batch_date", "customer_name", "postcode"]).filter(_.household_id.notnull())
    return bought.group_by("batch_date", "household_id", "sold_on", "store_id", "product_id").agg(
        units=_.quantity.sum().cast("int64"), amount_cents=_.amount_cents.sum().cast("int64")
    )
