"""Which customer each record is of: the records that got their customer on a day, or another one.

As of a day, a record's customer is that of its latest row until then (`as_known`): who a customer was on a past day is that day's answer,
whatever is known today.
"""

from collections.abc import Iterator

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._identity.customers import DIVIDED, MERGED, NEW
from ._identity.history import changes


class CustomerMembers(Contract):
    """Records that got a customer, or another one."""

    batch_date: dt.Date = Field(description="day from which on the record is of this customer")
    source: dt.String = Field(history=True, description="the department")
    source_key: dt.String = Field(history=True, pseudonym=True, description="the department's key of the record")
    customer_id: dt.Int64 = Field(ge=0, pseudonym=True, description="the customer: a number made of its earliest record")
    was: dt.Int64 = Field(ge=0, nullable=True, pseudonym=True, description="the customer it was of before; null if the record is new")
    why: dt.String = Field(
        isin=[NEW, MERGED, DIVIDED], description="`new` record; `merged`: two customers turned out to be one; `divided`: a person said that they are not"
    )

    class Config:
        """One row per batch_date, source and source_key."""

        unique = ["batch_date", "source", "source_key"]


@table(
    contract=CustomerMembers,
    lookback={"customer_records": ALL, "customer_links": ALL, "customer_decisions": ALL},
    kinds=("duckdb", "scipy"),
)
def customer_members(days: ir.Table, customer_records: ir.Table, customer_links: ir.Table, customer_decisions: ir.Table) -> Iterator[pa.RecordBatch]:
    """Records that got a customer, or another one. Grain: one row per batch_date, source and source_key."""
    asked = days.to_pyarrow()["batch_date"].to_pylist()
    for day, changed in changes(asked, customer_records, customer_links, customer_decisions):
        rows = [
            {"batch_date": day, "source": record[0], "source_key": record[1], "customer_id": change.now, "was": change.was, "why": change.why}
            for record, change in sorted(changed.items())
        ]
        yield pa.RecordBatch.from_pylist(rows, schema=CustomerMembers.arrow_schema())


def as_known(days: ir.Table, customer_members: ir.Table) -> ir.Table:
    """Return the customer of each record as it was known on each day: batch_date, source, source_key, customer_id."""
    known = days.join(customer_members.rename(since="batch_date"), [days.batch_date >= customer_members.batch_date])
    return known.group_by("batch_date", "source", "source_key").agg(customer_id=_.customer_id.argmax(_.since))
