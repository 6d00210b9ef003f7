"""Finding all that is known of a customer: the lines of raw files, what identifies them, and what the person is known by.

Every line that was read is in a mart or in the quarantine, so no raw file is searched, but for those that have such lines.
Does not belong here: whose a row is (`whose.py`), and writing down what was found (`record.py`).
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _
from ibis.backends.duckdb import Backend

from ...errors import BatchError
from ...ingest.erasures import key_of, line_key
from ...ingest.lakefile import LakeFile
from ...table.table import Table
from .person import Form, Person, address, exactly, name, phone, plainly
from .unread import lines_of, unread
from .whose import MARKETING, Customers

_PLACE = ("batch_date", "source_file", "source_line")
_KNOWN_BY = ("email", "phone", "street", "postcode")


@dataclass
class Found:
    """What is known of a customer.

    Attributes:
        person: what the customer is known by.
        records: the number of records by department.
        lines: by source and raw file, the places of lines about the customer.
        keys: hashes of what identifies these lines.
        refused: hashes of those that are no rows.
    """

    person: Person
    records: dict[str, int]
    lines: dict[str, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    days: dict[str, dt.date] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


def find(con: Backend, tables: Sequence[Table], lake: Path, customer: int) -> Found:
    """Find all that is known of a customer.

    Raises:
        BatchError: nobody is known by the number, or a raw file with lines about the customer is gone.
    """
    customers = Customers(con)
    records = customers.records().filter(_.customer_id == customer).order_by("source", "source_key", "batch_date").to_pyarrow().to_pylist()
    if not records:
        raise BatchError(f"Customer {customer}: no record is of this customer, so there is nothing to erase.")
    keys = customers.members.filter(_.customer_id == customer).to_pyarrow().to_pylist()
    found = Found(_person(customers, customer, records), {name: sum(key["source"] == name for key in keys) for name in sorted({key["source"] for key in keys})})
    sources = [(table, table.source) for table in tables if table.source and table.source.identified_by]
    for table, source in sources:
        _of_mart(con, customers, table, source, lake, customer, found)
    numbers = [key["source_key"] for key in keys if key["source"] == MARKETING]
    for _table, source in sources:
        found.keys |= {key for fields in source.identified_by if len(fields) == 1 for number in numbers if (key := key_of(source.name, fields, [number]))}
        for file, day in unread(con, source, lake):
            for line in lines_of(source, lake, file, day):
                _of_line(source, line, found)
    for file, day in found.days.items():
        _check_there(lake / file, day)
    return found


def _person(customers: Customers, customer: int, records: Sequence[dict[str, Any]]) -> Person:
    """Return what a customer is known by, and what nobody else is known by."""
    others = customers.records().filter(_.customer_id != customer)
    names = {(row["given_name"], row["family_name"]) for row in records if row["given_name"] and row["family_name"]}
    alone, beside = list[Form](), list[tuple[Form, Form]]()
    is_shared = {each: _is_initial(each[0]) or _has(others, given_name=each[0], family_name=each[1]) for each in names}
    alone += [name(*each) for each in sorted(names) if not is_shared[each]]
    for what in _KNOWN_BY:
        for value in sorted({row[what] for row in records if row[what]}):
            form = _form(what, value)
            # A postcode is many people's, whether we know of another one or not.
            if what != "postcode" and not _has(others, **{what: value}):
                alone.append(form)
                continue
            beside += [
                (name(*each), form) for each in sorted(names) if is_shared[each] and not _has(others, given_name=each[0], family_name=each[1], **{what: value})
            ]
    return Person(tuple(alone), tuple(beside))


def _is_initial(given: str) -> bool:
    """Say whether a given name is abbreviated, so that it fits people of whom nothing is known yet."""
    return all(len(word) == 1 for word in given.split())


def _form(what: str, value: str) -> Form:
    return phone(value) if what == "phone" and value.isdecimal() else address(what, value) if what == "street" else exactly(what, plainly(value))


def _has(rows: ir.Table, **values: str) -> bool:
    return bool(rows.filter([rows[name] == value for name, value in values.items()]).limit(1).count().to_pyarrow().as_py())


def _of_mart(con: Backend, customers: Customers, table: Table, source: LakeFile, lake: Path, customer: int, found: Found) -> None:
    """Add the lines of a source about a customer: those that a mart kept, and those in the quarantine that are identified alike or name the person."""
    whose = customers.rows_of(table.name)
    if whose is None:
        return
    mine = whose.filter(_.customer_id == customer).order_by(*_PLACE).to_pyarrow().to_pylist()
    keys = {key: fields for row in _raw_rows(source, lake, mine) for key, fields in _keys(source, row)}
    found.keys |= keys.keys() - _shared(con, table, source, whose.filter(_.customer_id != customer), mine, set(keys))
    for row in mine:
        _add(found, source, row)
    for row in _quarantined(con, table):
        _of_line(source, row, found)


def _of_line(source: LakeFile, line: dict[str, Any], found: Found) -> None:
    """Add a line that no mart has, if it is about the customer: by what identifies it, or by name."""
    row, is_named = _as_row(source, line["raw"]), found.person.is_named_in(line["raw"])
    its = dict(_keys(source, row)) if row else {}
    if not is_named and not found.keys & its.keys():
        found.person = found.person.but_for(line["raw"])
        return
    if row is None:
        found.refused.add(line_key(source.name, line["raw"]))
    elif is_named:
        # The number in a rejected row may be wrong, and another's: what has the name in it is taken, if there is any.
        found.keys |= {key for key, fields in its.items() if len(fields) > 1} or its.keys()
    _add(found, source, line)


def _add(found: Found, source: LakeFile, row: dict[str, Any]) -> None:
    found.lines[source.name][row["source_file"]].add(row["source_line"])
    found.days[row["source_file"]] = row["batch_date"]


def _check_there(path: Path, day: dt.date) -> None:
    if not path.is_file():
        told = "is gone, and has lines about this customer, who cannot be erased without it. Bring it back, then run this again"
        raise BatchError(f"{path}: {told}.", day=day)


def _keys(source: LakeFile, row: dict[str, str | None]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the hashes by which a raw row can be identified, and of which fields they are."""
    for fields in source.identified_by:
        if key := key_of(source.name, fields, [row[name] for name in fields]):
            yield key, fields


def _raw_rows(source: LakeFile, lake: Path, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, str | None]]:
    """Yield rows as they stand in their raw files."""
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_file[row["source_file"]].append(row)
    for file, its in by_file.items():
        path, day, lines = lake / file, its[0]["batch_date"], {row["source_line"] for row in its}
        _check_there(path, day)
        for batch in source.read_as_is(lake, path, day, lambda _refused: None):
            yield from (row for row in batch.to_pylist() if row["source_line"] in lines)


def _shared(con: Backend, table: Table, source: LakeFile, others: ir.Table, mine: Sequence[dict[str, Any]], keys: set[str]) -> set[str]:
    """Return which hashes also identify rows of other customers. A hash of a department's own number of a customer cannot."""
    shared, columns = set[str](), table.contract.columns()
    rows = con.table(table.name, database=table.layer)
    for fields in source.identified_by:
        if not mine or len(fields) == 1 or not set(fields) <= columns.keys():
            continue
        places = ibis.memtable(mine).drop("customer_id")
        last = rows.semi_join(places, list(_PLACE)).select(fields[-1]).distinct()
        alike = rows.semi_join(last, fields[-1]).semi_join(others, list(_PLACE)).select(*fields).distinct()
        for values in alike.to_pyarrow().to_pylist():
            key = key_of(source.name, fields, [None if value is None else str(value) for value in values.values()])
            shared |= {key} & keys if key else set()
    return shared


def _quarantined(con: Backend, table: Table) -> list[dict[str, Any]]:
    rows = con.table("quarantine", database="quality").filter(_.asset == table.asset)
    return rows.select(*_PLACE, "raw").order_by(*_PLACE).to_pyarrow().to_pylist()


def _as_row(source: LakeFile, raw: str) -> dict[str, str | None] | None:
    """Return a rejected row as it was read; None for a line that is no row."""
    try:
        row = json.loads(raw)
    except json.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and row.keys() == {*_PLACE, *source.columns} else None
