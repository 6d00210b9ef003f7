"""The versions of records that are compared: those of the asked days, and of all others those that share something with one of them."""

import datetime
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from .comparison import BLOCKED_BY, SHARED

NEVER = datetime.date(9999, 12, 31)

MOST_PLACES = 2
"""A phone or an email address that is known at more postcodes is no person's own. A person has two, having moved."""


def versions(asked: Sequence[datetime.date], customer_records: ir.Table) -> pa.Table:
    """Return the versions of records to compare, as `compared` takes them; `id` is their place by department, key and day."""
    of_record = ibis.window(group_by=["source", "source_key"], order_by="batch_date")
    known = customer_records.mutate(
        record=_.source + " " + _.source_key,
        valid_until=ibis.coalesce(_.batch_date.lead().over(of_record), ibis.literal(NEVER)),
        is_new=_.batch_date.isin(list(asked)),
    )
    new = known.filter(_.is_new)
    alike = [known.semi_join(new, list(columns)).select("record", "batch_date") for columns in BLOCKED_BY]
    met = known.semi_join(ibis.union(*alike, distinct=True), ["record", "batch_date"])
    for name in SHARED:
        met = met.left_join(_shared(customer_records, name), name).drop(f"{name}_right")
        met = met.mutate(**{f"{name}_shared_from": ibis.coalesce(met[f"{name}_shared_from"], ibis.literal(NEVER))})
    in_order = ibis.row_number().over(ibis.window(order_by=["source", "source_key", "batch_date"]))
    found: pa.Table = met.mutate(id=in_order).order_by("id").to_pyarrow()
    return found


def _shared(customer_records: ir.Table, name: str) -> ir.Table:
    """Return the day from which on a value is known at more postcodes than one person has."""
    places = customer_records.filter(customer_records[name].notnull(), _.postcode.notnull()).group_by(name, "postcode").agg(since=_.batch_date.min())
    in_order = ibis.window(group_by=name, order_by=["since", "postcode"])
    return places.mutate(place=ibis.row_number().over(in_order)).filter(_.place == MOST_PLACES).select(name, **{f"{name}_shared_from": _.since})
