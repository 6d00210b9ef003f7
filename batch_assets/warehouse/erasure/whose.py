"""Whose the lines of raw files are: of which customer each row of the marts is, by its place.

A mart's row is a customer's if it names one of the customer's records: by what is written at the till and on a delivery, by marketing's number everywhere
else. A coupon without a number is of the only customer whose records have the name on it.
"""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
from ibis import _
from ibis.backends.duckdb import Backend

from ...errors import BatchError
from ...expressions.names import bare, family_name, given_name

LAYER, MEMBERS, RECORDS = "marts", "customer_members", "customer_records"
TILL, MARKETING, LOGISTICS = "till", "marketing", "logistics"
"""The departments, as these tables name them."""

_RECORD = ["source", "source_key"]
_PLACE = ["batch_date", "source_file", "source_line"]
_RECEIPT = ["sold_on", "store_id", "receipt_id"]


class Customers:
    """The records of all customers as they are known last."""

    def __init__(self, con: Backend) -> None:
        """Look into a warehouse.

        Raises:
            BatchError: it knows no customers.
        """
        self._con = con
        if not {MEMBERS, RECORDS} <= set(con.list_tables(database=LAYER)):
            raise BatchError(f"Who is whom is not known: {LAYER}.{MEMBERS} was never published, so nobody can be erased.")
        last = ibis.row_number().over(ibis.window(group_by=_RECORD, order_by=ibis.desc("batch_date")))
        self.members = self._table(MEMBERS).mutate(place=last).filter(_.place == 0).select(*_RECORD, "customer_id")

    def records(self) -> ir.Table:
        """Return what each record is or was known by, with its customer."""
        return self._table(RECORDS).join(self.members, _RECORD)

    def rows_of(self, mart: str) -> ir.Table | None:
        """Return the places of a mart's rows that are of a known customer, with the customer_id; None if no row of it is about customers."""
        whose = _WHOSE.get(mart)
        if whose is None or mart not in self._con.list_tables(database=LAYER):
            return None
        return whose(self, self._table(mart)).select(*_PLACE, "customer_id").distinct()

    def typed(self, lines: ir.Table) -> ir.Table:
        """Return the lines with a name of the receipts of customers; of a receipt that came in parts with two customers, each the lines with its name."""
        receipts = self._table("till_customers").join(self._keys(TILL), [_.till_key == self._keys(TILL).source_key])
        customers = receipts.group_by(*_RECEIPT).agg(customers=_.customer_id.nunique())
        known = receipts.select(*_RECEIPT, "customer_id", its_given="given_name", its_family="family_name").distinct().join(customers, _RECEIPT)
        named = lines.filter(_.customer_name.notnull()).mutate(given=given_name(_.customer_name), family=family_name(_.customer_name)).join(known, _RECEIPT)
        return named.filter((_.customers == 1) | (_.given.identical_to(_.its_given) & _.family.identical_to(_.its_family)))

    def delivered(self, deliveries: ir.Table) -> ir.Table:
        """Return the deliveries to records of logistics, which are all that is written alike."""
        known = deliveries.mutate(given_name=given_name(_.name), family_name=family_name(_.name), street=bare(_.street))
        columns = ["given_name", "family_name", "postcode", "phone", "street"]
        record = self.records().filter(_.source == LOGISTICS).select(*columns, "customer_id").distinct().rename(**{f"its_{name}": name for name in columns})
        return known.join(record, [known[name].identical_to(record[f"its_{name}"]) for name in columns])

    def redeemed(self, coupons: ir.Table) -> ir.Table:
        """Return the coupons with marketing's number, and those with a name that only one customer has."""
        named = self.records().group_by("given_name", "family_name").agg(customer_id=_.customer_id.min(), customers=_.customer_id.nunique())
        only = named.filter((_.customers == 1) & _.given_name.notnull()).select("customer_id", its_given="given_name", its_family="family_name")
        torn = coupons.filter(_.contact_id.isnull() & _.name.notnull()).mutate(given=given_name(_.name), family=family_name(_.name))
        by_name = torn.join(only, [torn.given == only.its_given, torn.family == only.its_family])
        return self.numbered(coupons).select(*_PLACE, "customer_id").union(by_name.select(*_PLACE, "customer_id"))

    def numbered(self, rows: ir.Table) -> ir.Table:
        """Return the rows with marketing's number of a contact."""
        contacts = self._keys(MARKETING)
        return rows.join(contacts, [rows["contact_id" if "contact_id" in rows.columns else "marketing_id"] == contacts.source_key])

    def _keys(self, source: str) -> ir.Table:
        return self.members.filter(_.source == source).drop("source")

    def _table(self, name: str) -> ir.Table:
        return self._con.table(name, database=LAYER)


_WHOSE: Mapping[str, Callable[[Customers, ir.Table], ir.Table]] = {
    "till_lines": Customers.typed,
    "contacts": Customers.numbered,
    "deliveries": Customers.delivered,
    "coupon_redemptions": Customers.redeemed,
    "page_views": Customers.numbered,
    "reviews": Customers.numbered,
}
"""By mart, how its rows name a customer."""
