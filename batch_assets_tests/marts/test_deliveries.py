"""Deliveries: typed, each once; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.deliveries import deliveries

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {
    "delivery_no": "7",
    "delivered_at": "2017-07-10T14:00:05Z",
    "store_id": "31",
    "receipt_id": "12",
    "name": " Rene\u0301 Roy",
    "phone": "(555) 555-0100",
    "street": "1 Elm St",
    "postcode": "08772",
    "city": "Troy",
}


def raw(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a record, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": number, **fields}


def made(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of records."""
    return sorted(rows_of(deliveries, delivery_notes=frame("delivery_notes", records)), key=lambda row: row["source_line"])


def test_a_delivery_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "delivery_no": 7,
            "delivered_at": dt.datetime(2017, 7, 10, 14, 0, 5),  # noqa: DTZ001
            "store_id": 31,
            "receipt_id": 12,
            "name": "Ren\u00e9 Roy",
            "phone": "5555550100",
            "street": "1 Elm St",
            "postcode": "08772",
            "city": "Troy",
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"receipt_id": None, "phone": None}, None),
        ({"phone": " - "}, None),
        ({"delivered_at": "2017-07-12T03:59:59Z"}, None),
        ({"delivery_no": "x"}, "delivery_no is not a positive whole number"),
        ({"store_id": "0"}, "store_id is not a positive whole number"),
        ({"receipt_id": ""}, "receipt_id is not a positive whole number"),
        ({"receipt_id": "-1"}, "receipt_id is not a positive whole number"),
        ({"delivered_at": "2017-07-10T14:00:05"}, "delivered_at is not a UTC time"),
        ({"delivered_at": "2017-07-10T03:59:59Z"}, "delivered_at is neither on the file's day nor on the next"),
        ({"delivered_at": "2017-07-12T04:00:00Z"}, "delivered_at is neither on the file's day nor on the next"),
        ({"street": " "}, "street is missing"),
        ({"city": ""}, "city is missing"),
        ({"postcode": "8772"}, "postcode is not five digits"),
        ({"phone": "see above"}, "phone is not 7 to 15 digits"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_a_delivery_is_kept_once_a_day_after_those_that_are_rejected() -> None:
    rows = made(raw(2, street=""), raw(3), raw(4, store_id="1"), raw(5, delivery_no="8"))
    repeats = "the record repeats an earlier delivery of the day"
    assert [row["reject_reason"] for row in rows] == ["street is missing", None, repeats, None]
