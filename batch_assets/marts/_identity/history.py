"""The history of customers that a batch needs: only of those that something happens to on the asked days, so a day costs what is new on it.

Belongs here: from tables to days of records and links, and back. Does not belong here: what follows from a link (`customers.py`).
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from .customers import Change, Customers, Day, Record
from .guards import LINKED

SAME, NOT_SAME = "same", "not same"
"""What a person decides about a pair."""

_SEPARATOR = " "
_SIDES = ("left", "right")
_IN_ORDER = tuple((side, "ascending") for side in _SIDES)


def changes(
    asked: Sequence[datetime.date], customer_records: ir.Table, customer_links: ir.Table, customer_decisions: ir.Table
) -> Iterator[tuple[datetime.date, Mapping[Record, Change]]]:
    """Yield each asked day on which anything happens, with the records whose customer changed."""
    records = customer_records.group_by(record=_.source + _SEPARATOR + _.source_key).agg(batch_date=_.batch_date.min()).to_pyarrow()
    links, decisions = _pairs(customer_links.filter(_.status == LINKED), "match_weight"), _pairs(customer_decisions, "decision")
    concerned = _concerned(records, [links, decisions], asked)
    days = _by_day(records, links, decisions, concerned)
    customers, asked_days = Customers(), set(asked)
    for day in sorted(days):
        changed = customers.after(days[day])
        if day in asked_days:
            yield day, changed


def _pairs(rows: ir.Table, what: str) -> pa.Table:
    """Return the pairs of links or decisions, with what is said of them."""
    sides = {side: rows[f"{side}_source"] + _SEPARATOR + rows[f"{side}_key"] for side in _SIDES}
    found: pa.Table = rows.select("batch_date", what, **sides).to_pyarrow()
    return found


def _concerned(records: pa.Table, pairs: Sequence[pa.Table], asked: Sequence[datetime.date]) -> set[str]:
    """Return the records that a chain of pairs, of any day, connects with one that something happens to on an asked day."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = records["record"].combine_chunks()
    ends = [[pc.index_in(table[side], value_set=names).combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False) for side in _SIDES] for table in pairs]
    known = [(left >= 0) & (right >= 0) for left, right in ends]
    left, right = (np.concatenate([end[side][ok] for end, ok in zip(ends, known, strict=True)]) for side in range(2))
    _count, group = connected_components(coo_array((np.ones(len(left), bool), (left, right)), shape=(len(names), len(names))), directed=False)
    days = pa.array(asked, pa.date32())
    touched = [group[pc.is_in(records["batch_date"], value_set=days).to_numpy(zero_copy_only=False)]]
    for table, (one, _other), ok in zip(pairs, ends, known, strict=True):
        touched.append(group[one[ok & pc.is_in(table["batch_date"], value_set=days).to_numpy(zero_copy_only=False)]])
    chosen = np.isin(group, np.unique(np.concatenate(touched)))
    return set(names.filter(pa.array(chosen)).to_pylist())


def _by_day(records: pa.Table, links: pa.Table, decisions: pa.Table, concerned: set[str]) -> dict[datetime.date, Day]:
    """Return what becomes known on each day of the records that are concerned."""
    found: dict[datetime.date, Day] = defaultdict(Day)
    since: dict[str, datetime.date] = {}
    for row in _of(records, concerned, "record", ("record", "ascending")):
        since[row["record"]] = row["batch_date"]
        found[row["batch_date"]].records.append(_record(row["record"]))
    for row in _of(links, concerned, "left", ("match_weight", "descending"), *_IN_ORDER):
        found[row["batch_date"]].links.append((_record(row["left"]), _record(row["right"])))
    for row in _of(decisions, concerned, "left", *_IN_ORDER):
        if row["right"] in concerned:
            # A decision about a record that nobody knows yet waits for it.
            day = found[max(row["batch_date"], since[row["left"]], since[row["right"]])]
            (day.together if row["decision"] == SAME else day.apart).append((_record(row["left"]), _record(row["right"])))
    return found


def _of(rows: pa.Table, concerned: set[str], column: str, *order: tuple[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the records that are concerned, by day and in an order within the day."""
    chosen = rows.filter(pc.is_in(rows[column], value_set=pa.array(sorted(concerned), pa.string())))
    for batch in chosen.sort_by([("batch_date", "ascending"), *order]).to_batches():
        yield from batch.to_pylist()


def _record(name: str) -> Record:
    source, key = name.split(_SEPARATOR, 1)
    return source, key
