"""Whose a receipt is: the customer whose name was typed or, if none was, to whom it was delivered, as known on the batch day."""

import ibis
import ibis.expr.types as ir
from ibis import _

from .customer_members import as_known
from .customer_records import LOGISTICS, MARKETING, TILL, recipients

RECEIPT = ["sold_on", "store_id", "receipt_id"]
LINE = ["batch_date", *RECEIPT, "line_no"]


def customers_of(days: ir.Table, customer_members: ir.Table, source: str) -> ir.Table:
    """Return the customer of each record of a department as known on each day: batch_date, source_key, customer_id."""
    return as_known(days, customer_members.filter(_.source == source)).select("batch_date", "source_key", "customer_id")


def contacts_of(days: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Return the contacts of each customer as known on each day: batch_date, contact_id, customer_id."""
    return customers_of(days, customer_members, MARKETING).rename(contact_id="source_key")


def with_customers(days: ir.Table, sales_lines: ir.Table, till_customers: ir.Table, deliveries: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Return the lines with the customer_id of their receipt, and the name that was typed; null if nobody is known."""
    receipts = sales_lines.select("batch_date", *RECEIPT).distinct()
    typed, delivered = _typed(days, receipts, till_customers, customer_members), _delivered(days, receipts, deliveries, customer_members)
    named = (
        receipts.left_join(typed, ["batch_date", *RECEIPT])
        .select("batch_date", *RECEIPT, "given_name", "family_name", typed=_.customer_id)
        .left_join(delivered, ["batch_date", *RECEIPT])
        .select("batch_date", *RECEIPT, "given_name", "family_name", customer_id=ibis.coalesce(_.typed, _.customer_id))
    )
    return sales_lines.join(named, ["batch_date", *RECEIPT])


def _typed(days: ir.Table, receipts: ir.Table, till_customers: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Return the receipts with a typed name; one that came in parts has the name of its first lines."""
    named = till_customers.rename(named_on="batch_date")
    known = receipts.join(named, RECEIPT).filter(_.named_on <= _.batch_date)
    first = known.group_by("batch_date", *RECEIPT).agg(**{name: known[name].argmin(known.named_on) for name in ("till_key", "given_name", "family_name")})
    customers = customers_of(days, customer_members, TILL)
    return first.left_join(customers, [first.batch_date == customers.batch_date, first.till_key == customers.source_key]).drop("batch_date_right", "source_key")


def _delivered(days: ir.Table, receipts: ir.Table, deliveries: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Return the receipts whose number a delivery has, on the day of sale or the next; not those with two recipients."""
    noted = recipients(deliveries).select("store_id", "receipt_id", "source_key", noted_on=_.batch_date)
    known = receipts.join(noted, ["store_id", "receipt_id"]).filter(
        (_.noted_on <= _.batch_date) & (_.noted_on >= _.sold_on) & (_.noted_on <= _.sold_on + ibis.interval(days=1))
    )
    customers = customers_of(days, customer_members, LOGISTICS)
    whose = known.join(customers, ["batch_date", "source_key"])
    return (
        whose.group_by("batch_date", *RECEIPT)
        .agg(customer_id=_.customer_id.min(), recipients=_.customer_id.nunique())
        .filter(_.recipients == 1)
        .drop("recipients")
    )
