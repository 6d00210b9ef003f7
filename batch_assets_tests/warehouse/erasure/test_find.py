"""What a customer is known by, and which lines are about the customer, when others have the same name, phone or address."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from batch_assets.errors import BatchError
from batch_assets.ingest.erasures import key_of
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.erasure.find import find
from batch_assets.warehouse.erasure.whose import Customers

from ...lake.others import SMALL, write_other
from ...lake.writer import day_of

DAY = day_of(0)
DELIVERIES = configured_graph().table("deliveries")


def warehouse(records: Sequence[tuple[int, Mapping[str, Any]]], **rows: Sequence[Mapping[str, Any]]) -> Backend:
    """Return a warehouse with a record of logistics of each customer, and with other rows if they are given."""
    named = [{"batch_date": DAY, "source": "logistics", "source_key": f"k{number}", **record} for number, (_, record) in enumerate(records)]
    keyed = {"batch_date": DAY, "source": "logistics", "why": "new"}
    members = [{**keyed, "source_key": f"k{number}", "customer_id": customer} for number, (customer, _) in enumerate(records)]
    con = ibis.duckdb.connect()
    for layer in ("marts", "quality"):
        con.create_database(layer)
    for name, found in {"customer_records": named, "customer_members": members, **rows}.items():
        schema = configured_graph().table(name).contract.arrow_schema()
        con.create_table(name, pa.Table.from_pylist([dict(row) for row in found], schema=schema), database="marts")
    con.raw_sql("create table quality.quarantine (asset varchar, batch_date date, source_file varchar, source_line bigint, raw varchar)")
    con.raw_sql("create table quality.raw_files (source varchar, file varchar)")
    return con


def known_by(*records: tuple[int, Mapping[str, Any]]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what customer 7 is known by: what alone, and what beside what, by their anchors."""
    person = find(warehouse(records), [], Path(), 7).person
    return [form.anchor for form in person.alone], [(one.anchor, other.anchor) for one, other in person.beside]


ZOE: Mapping[str, Any] = {
    "given_name": "zoe",
    "family_name": "quux",
    "postcode": "08772",
    "phone": "6545550179",
    "street": "9 wharf rd",
    "email": "z@example.com",
}


@pytest.mark.parametrize(
    ("others", "alone", "beside"),
    [
        ([], ["quux", "z@example.com", "0179", "wharf"], []),
        ([{"given_name": "ann", "family_name": "quux", "phone": "6545550179", "street": "9 wharf rd"}], ["quux", "z@example.com"], []),
        (
            [{"given_name": "zoe", "family_name": "quux", "postcode": "11111", "phone": "6545550179"}],
            ["z@example.com", "wharf"],
            [("quux", "08772")],
        ),
        ([{"given_name": "ann", "family_name": "roy", "email": "z@example.com"}], ["quux", "0179", "wharf"], []),
    ],
    ids=["alone", "household", "namesake", "mail box"],
)
def test_what_others_have_too_is_not_looked_for_alone(others: Sequence[Mapping[str, Any]], alone: Sequence[str], beside: Sequence[tuple[str, str]]) -> None:
    assert known_by((7, ZOE), *((8, other) for other in others)) == (alone, beside)


def test_an_abbreviated_name_is_looked_for_beside_what_nobody_of_that_name_has() -> None:
    initial = {"given_name": "z", "family_name": "quux", "postcode": "08772"}
    assert known_by((7, initial)) == ([], [("quux", "08772")])


def delivery(number: int, line: int, street: str) -> tuple[str, Mapping[str, Any]]:
    """Return a delivery to somebody of one name and phone, as it stands in a file and in the mart."""
    phone = "<p:Phone>654 555-0179</p:Phone><p:Address>"
    raw = SMALL["delivery_notes"].records(DAY)[0].replace("Ren\u00e9 Roy", "Zoe Quux").replace("<p:Address>", phone).replace('"1"', f'"{number}"')
    row = {"batch_date": DAY, "delivery_no": number, "delivered_at": dt.datetime(2017, 1, 1, 17, tzinfo=dt.UTC), "store_id": 31, "name": "Zoe Quux"}
    row |= {"phone": "6545550179", "street": street, "postcode": "08772", "city": "Troy"}
    return raw.replace("1 Elm St", street), row | {"source_file": f"logistics/deliveries/{DAY}.xml.gz", "source_line": line}


def test_what_would_also_identify_another_customer_is_not_written_down(tmp_path: Path) -> None:
    mine, theirs = delivery(7, 1, "9 Wharf Rd"), delivery(8, 2, "1 Elm St")
    write_other(tmp_path, "delivery_notes", DAY, [mine[0], theirs[0]])
    records = [(customer, {**ZOE, "street": street, "email": None}) for customer, street in ((7, "9 wharf rd"), (8, "1 elm st"))]
    found = find(warehouse(records, deliveries=[mine[1], theirs[1]]), [DELIVERIES], tmp_path, 7)
    assert found.lines == {"delivery_notes": {f"logistics/deliveries/{DAY}.xml.gz": {1}}}
    known = {
        fields: key_of("delivery_notes", fields, values) in found.keys
        for fields, values in {
            ("name", "phone"): ("Zoe Quux", "654 555-0179"),
            ("name", "street", "postcode"): ("Zoe Quux", "9 Wharf Rd", "08772"),
            ("name", "delivery_no"): ("Zoe Quux", "7"),
        }.items()
    }
    assert list(known.values()) == [False, True, True]


def test_a_receipt_that_came_in_parts_with_two_customers_is_of_both_by_name() -> None:
    def line(number: int, receipt: int, name: str | None) -> Mapping[str, Any]:
        row = {column: 1 for column, kind in configured_graph().table("till_lines").contract.columns().items() if kind.type.is_integer()}
        known = {"batch_date": DAY, "sold_on": DAY, "sold_at": dt.datetime(2017, 1, 1, 17, tzinfo=dt.UTC), "source_file": "file", "source_line": number}
        return row | known | {"receipt_id": receipt, "customer_name": name}

    def typed(receipt: int, key: str, given: str, day: int = 0) -> Mapping[str, Any]:
        of = {"batch_date": day_of(day), "sold_on": DAY, "store_id": 1, "receipt_id": receipt}
        return of | {"till_key": key, "given_name": given, "family_name": "quux"}

    members = [{"batch_date": DAY, "source": "till", "source_key": key, "customer_id": customer, "why": "new"} for key, customer in (("z", 7), ("a", 8))]
    con = warehouse(
        [],
        customer_members=members,
        till_customers=[typed(1, "z", "zoe"), typed(2, "z", "zoe"), typed(2, "a", "ann", 1)],
        till_lines=[line(1, 1, "Zoe Quux"), line(2, 1, "Z. Quux"), line(3, 1, None), line(4, 2, "QUUX, Zoe"), line(5, 2, "Ann Quux")],
    )
    rows = Customers(con).rows_of("till_lines")
    assert rows is not None
    assert sorted((row["customer_id"], row["source_line"]) for row in rows.to_pyarrow().to_pylist()) == [(7, 1), (7, 2), (7, 4), (8, 5)]


def test_nobody_is_found_who_has_no_records() -> None:
    with pytest.raises(BatchError, match="Customer 9: no record is of this customer"):
        find(warehouse([(7, ZOE)]), [], Path(), 9)
    nothing = ibis.duckdb.connect()
    nothing.create_database("marts")
    with pytest.raises(BatchError, match=r"marts\.customer_members was never published"):
        find(nothing, [], Path(), 7)
