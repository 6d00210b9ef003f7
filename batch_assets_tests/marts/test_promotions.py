"""Planned promotions: typed, each once; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.promotions import promotions

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {"promotion_id": "29-7-A", "product_id": "7", "mailer": "A", "stores": "105", "starts_on": "2017-07-17", "ends_on": "2017-07-23"}


def raw(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a record, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": number, **fields}


def made(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of records."""
    return sorted(rows_of(promotions, promotion_plan=frame("promotion_plan", records)), key=lambda row: row["source_line"])


def test_a_promotion_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "promotion_id": "29-7-A",
            "product_id": 7,
            "mailer": "A",
            "stores": 105,
            "starts_on": dt.date(2017, 7, 17),
            "ends_on": dt.date(2017, 7, 23),
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"starts_on": "2017-07-04", "ends_on": "2017-07-10"}, None),
        ({"promotion_id": ""}, "promotion_id is missing"),
        ({"product_id": None}, "product_id is not a positive whole number"),
        ({"stores": "0"}, "stores is not a positive whole number"),
        ({"mailer": "AA"}, "mailer is not a letter"),
        ({"mailer": None}, "mailer is not a letter"),
        ({"starts_on": "next week"}, "starts_on is not a day such as 2017-12-24"),
        ({"ends_on": "2017-02-30"}, "ends_on is not a day such as 2017-12-24"),
        ({"ends_on": "2017-07-16"}, "ends_on is before starts_on"),
        ({"starts_on": "2017-07-03", "ends_on": "2017-07-09"}, "ends_on is before the day of the announcement"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_a_promotion_is_kept_once_a_day_after_those_that_are_rejected() -> None:
    rows = made(raw(2, stores="x"), raw(3), raw(4, stores="1"), raw(5, promotion_id="29-8-A"))
    repeats = "the record repeats an earlier promotion of the day"
    assert [row["reject_reason"] for row in rows] == ["stores is not a positive whole number", None, repeats, None]
