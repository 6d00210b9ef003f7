"""What each department knows a customer by, in one form: the records that are new or changed on a day, of every department.

The tills know a typed name and a postcode, marketing a contact with an email address, logistics a recipient with an address and a phone.
A record of the tills or of logistics is all that is written alike: another spelling is another record. Who is whom is in `customer_members`.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.names import bare, family_name, given_name
from ..expressions.pseudonym import pseudonym
from ..table.contract import Contract, Field
from ..table.table import ALL, table

TILL, MARKETING, LOGISTICS = "till", "marketing", "logistics"
SOURCES = (LOGISTICS, MARKETING, TILL)
"""The departments, in the order in which records of one day are looked at."""

_KNOWN_BY = {
    "given_name": "string",
    "family_name": "string",
    "postcode": "string",
    "phone": "string",
    "street": "string",
    "email": "string",
    "birth_year": "int64",
}


class CustomerRecords(Contract):
    """Records of customers."""

    batch_date: dt.Date = Field(description="day on which the record was first known, or became as it is")
    source: dt.String = Field(history=True, isin=[*SOURCES], description="the department")
    source_key: dt.String = Field(
        history=True, pseudonym=True, description="the department's key: marketing's contact_id; else a pseudonym of all that is written"
    )
    given_name: dt.String = Field(nullable=True, private=True, description="given names, lower case, without accents; null if there are none")
    family_name: dt.String = Field(nullable=True, private=True, description="family name, alike; null if unknown")
    postcode: dt.String = Field(nullable=True, private=True, description="postcode; null if unknown")
    phone: dt.String = Field(nullable=True, private=True, description="phone, its digits alone; null if unknown")
    street: dt.String = Field(nullable=True, private=True, description="street and number, lower case, without signs; null if unknown")
    email: dt.String = Field(nullable=True, private=True, description="email address, lower case; null if unknown")
    birth_year: dt.Int64 = Field(nullable=True, private=True, description="year of birth; null if unknown")

    class Config:
        """One row per batch_date, source and source_key."""

        unique = ["batch_date", "source", "source_key"]


@table(contract=CustomerRecords, lookback={"till_customers": ALL, "contacts": ALL, "deliveries": ALL})
def customer_records(days: ir.Table, till_customers: ir.Table, contacts: ir.Table, deliveries: ir.Table) -> ir.Table:
    """Records of customers that are new or changed. Grain: one row per batch_date, source and source_key."""
    known = _of_tills(till_customers).union(_of_marketing(contacts)).union(_of_logistics(deliveries))
    return known.semi_join(days, "batch_date")


def recipients(deliveries: ir.Table) -> ir.Table:
    """Return the deliveries with the key of their recipient's record, and what it is known by."""
    named = deliveries.mutate(given_name=given_name(deliveries.name), family_name=family_name(deliveries.name), street=bare(deliveries.street))
    key = pseudonym(named.given_name, named.family_name, named.postcode, named.phone, named.street)
    return named.mutate(source=ibis.literal(LOGISTICS), source_key=key)


def _of_tills(till_customers: ir.Table) -> ir.Table:
    rows = till_customers.mutate(source=ibis.literal(TILL), source_key=till_customers.till_key)
    return _first(rows)


def _of_logistics(deliveries: ir.Table) -> ir.Table:
    return _first(recipients(deliveries))


def _of_marketing(contacts: ir.Table) -> ir.Table:
    """Return the contacts whose row differs from their last one."""
    rows = _in_form(
        contacts.mutate(
            source=ibis.literal(MARKETING), source_key=contacts.contact_id, given_name=given_name(contacts.name), family_name=family_name(contacts.name)
        )
    )
    before = ibis.window(group_by=["source", "source_key"], order_by="batch_date")
    is_first = ibis.row_number().over(before) == 0
    changed = [~rows[name].identical_to(rows[name].lag().over(before)) for name in _KNOWN_BY]
    return rows.mutate(is_new=is_first | ibis.or_(*changed)).filter(_.is_new).drop("is_new")


def _first(rows: ir.Table) -> ir.Table:
    """Return each record on the first day on which it was known. What makes the key is the same in all rows of it."""
    formed = _in_form(rows)
    return formed.group_by("source", "source_key", *_KNOWN_BY).agg(batch_date=formed.batch_date.min()).select(*CustomerRecords.columns())


def _in_form(rows: ir.Table) -> ir.Table:
    """Return the columns of a record, null for what a department does not know."""
    return rows.select(
        "batch_date", "source", "source_key", **{name: rows[name] if name in rows.columns else ibis.null(kind) for name, kind in _KNOWN_BY.items()}
    )
