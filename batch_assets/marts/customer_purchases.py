"""What each customer bought, by day and store: the lines of receipts of which it is known whose they are.

A receipt is the customer's whose name was typed or, if none was, to whom it was delivered, as known on the batch day: what is found out later
about customers moves no purchase that was published.
"""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._receipts import with_customers
from .till_lines import MOST_DAYS_LATE


class CustomerPurchases(Contract):
    """Purchases of customers."""

    batch_date: dt.Date = Field(description="day on which the lake received the lines")
    customer_id: dt.Int64 = Field(ge=0, pseudonym=True, description="the customer as known on batch_date")
    sold_on: dt.Date = Field(description="store-local day of sale")
    store_id: dt.Int64 = Field(gt=0, description="number of the store")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    units: dt.Int64 = Field(ge=0, description="units sold")
    amount_cents: dt.Int64 = Field(ge=0, description="cents paid")

    class Config:
        """One row per batch_date, customer_id, sold_on, store_id and product_id."""

        unique = ["batch_date", "customer_id", "sold_on", "store_id", "product_id"]


@table(
    contract=CustomerPurchases,
    lookback={"till_customers": MOST_DAYS_LATE, "deliveries": MOST_DAYS_LATE, "customer_members": ALL},
    searches=("till_customers", "deliveries"),
    measure="amount_cents",
)
def customer_purchases(days: ir.Table, sales_lines: ir.Table, till_customers: ir.Table, deliveries: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Purchases by customer. Grain: one row per batch_date, customer_id, sold_on, store_id and product_id."""
    bought = with_customers(days, sales_lines, till_customers, deliveries, customer_members).filter(_.customer_id.notnull())
    return bought.group_by("batch_date", "customer_id", "sold_on", "store_id", "product_id").agg(
        units=_.quantity.sum().cast("int64"), amount_cents=_.amount_cents.sum().cast("int64")
    )
