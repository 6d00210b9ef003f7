"""Contacts: typed, the last record of a day counts; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.contacts import contacts

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {"contact_id": "C100001", "name": " Rene\u0301 Roy", "email": "Rene@Example.com", "birth_year": "1970", "postcode": "08772"}


def raw(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a record, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": number, **fields}


def made(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of records."""
    return sorted(rows_of(contacts, contact_list=frame("contact_list", records)), key=lambda row: row["source_line"])


def test_a_contact_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "contact_id": "C100001",
            "name": "Ren\u00e9 Roy",
            "email": "rene@example.com",
            "birth_year": 1970,
            "postcode": "08772",
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": None, "birth_year": None, "postcode": None}, None),
        ({"birth_year": "1900"}, None),
        ({"birth_year": "2017"}, None),
        ({"contact_id": None}, "contact_id is not C and six digits"),
        ({"contact_id": "C1"}, "contact_id is not C and six digits"),
        ({"email": None}, "email is missing or not an address"),
        ({"email": "rene(at)example.com"}, "email is missing or not an address"),
        ({"email": "a@b@example.com"}, "email is missing or not an address"),
        ({"birth_year": "70"}, "birth_year is not a year of a person"),
        ({"birth_year": "2018"}, "birth_year is not a year of a person"),
        ({"birth_year": "unknown"}, "birth_year is not a year of a person"),
        ({"postcode": "8772"}, "postcode is not five digits"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_the_last_record_of_a_day_counts_if_it_makes_sense() -> None:
    rows = made(raw(1), raw(2, postcode="11111"), raw(3, email="x"), raw(4, contact_id="C100002"))
    outdated = "a later record of the day has this contact"
    assert [row["reject_reason"] for row in rows] == [outdated, None, "email is missing or not an address", None]
