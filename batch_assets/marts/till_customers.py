"""Whom each receipt is of, as the cashier typed it: the till's own key of a customer, the name in one form, and the postcode."""

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.names import family_name, given_name
from ..expressions.pseudonym import pseudonym
from ..table.contract import Contract, Field
from ..table.table import table


class TillCustomers(Contract):
    """Customers of receipts on which a name was typed."""

    batch_date: dt.Date = Field(description="day on which the lake received the receipt, or its first lines")
    sold_on: dt.Date = Field(description="store-local day of sale")
    store_id: dt.Int64 = Field(gt=0, description="number of the store")
    receipt_id: dt.Int64 = Field(gt=0, description="number of the receipt in its store")
    till_key: dt.String = Field(pseudonym=True, description="pseudonym of the name and the postcode as they were typed")
    given_name: dt.String = Field(nullable=True, private=True, description="given names, lower case, without accents; null if there are none")
    family_name: dt.String = Field(private=True, description="family name, alike")
    postcode: dt.String = Field(nullable=True, private=True, description="postcode; null if blank")

    class Config:
        """One row per batch_date, sold_on, store_id and receipt_id."""

        unique = ["batch_date", "sold_on", "store_id", "receipt_id"]


@table(contract=TillCustomers)
def till_customers(sales_lines: ir.Table) -> ir.Table:
    """Customers of receipts as the cashiers typed them. Grain: one row per batch_date, sold_on, store_id and receipt_id."""
    receipts = sales_lines.group_by("batch_date", "sold_on", "store_id", "receipt_id").agg(
        customer_name=_.customer_name.max(), postcode=_.postcode.max().strip().nullif("")
    )
    named = receipts.select(
        "batch_date",
        "sold_on",
        "store_id",
        "receipt_id",
        "postcode",
        given_name=given_name(receipts.customer_name),
        family_name=family_name(receipts.customer_name),
    ).filter(_.family_name.notnull())
    return named.mutate(till_key=pseudonym(named.given_name, named.family_name, named.postcode)).select(*TillCustomers.columns())
