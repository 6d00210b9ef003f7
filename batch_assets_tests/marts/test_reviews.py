"""Reviews: cleaned, masked, in one form, with their language; what cannot be read says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.reviews import reviews

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {
    "review_id": "70",
    "product_id": "1",
    "marketing_id": " C100001",
    "five_stars": "true",
    "text": "The coffee is <b>great</b>",
    "reviewed_at": "2017-07-09T23:30:00Z",
}


def raw(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a record, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": number, **fields}


def made(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of records."""
    return sorted(rows_of(reviews, review_log=frame("review_log", records)), key=lambda row: row["source_line"])


def test_a_review_is_typed_and_says_where_it_is_from() -> None:
    (row,) = made(raw(9))
    assert len(row.pop("letters")) == 32
    assert row == {
        "batch_date": DAY,
        "review_id": 70,
        "product_id": 1,
        "marketing_id": "C100001",
        "five_stars": True,
        "text": "The coffee is great",
        "language": "en",
        "reviewed_at": dt.datetime.fromisoformat("2017-07-09T23:30"),
        "reviewed_on": dt.date(2017, 7, 9),
        "source_file": "f",
        "source_line": 9,
        "reject_reason": None,
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"marketing_id": None, "five_stars": None}, None),
        ({"five_stars": "false"}, None),
        ({"review_id": "x"}, "review_id is not a whole number"),
        ({"review_id": "0"}, "review_id is not positive"),
        ({"product_id": None}, "product_id is not a whole number"),
        ({"five_stars": "5"}, "five_stars is neither true nor false"),
        ({"text": None}, "text is empty"),
        ({"text": " <br />\u00a0\u200b"}, "text is empty"),
        ({"reviewed_at": "yesterday"}, "reviewed_at is not a UTC time"),
        ({"reviewed_at": "2017-07-11T03:59:59Z"}, None),
        ({"reviewed_at": "2017-07-11T04:00:00Z"}, "reviewed_at is after the batch day"),
        ({"reviewed_at": "2017-07-03T04:00:00Z"}, None),
        ({"reviewed_at": "2017-07-03T03:59:59Z"}, "reviewed_at is more than 7 days before the batch day"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_of_two_reviews_with_one_number_the_first_that_can_be_read_counts() -> None:
    rows = made(raw(1, text=""), raw(2), raw(3), raw(4, review_id="71"))
    assert [row["reject_reason"] for row in rows] == ["text is empty", None, "the review repeats an earlier one of the day", None]


def test_the_same_letters_are_the_same_text_whatever_stands_between_them() -> None:
    first, shouted, other = made(raw(1), raw(2, review_id="71", text="THE COFFEE IS GREAT!! \U0001f600"), raw(3, review_id="72", text="The coffee is good"))
    assert first["letters"] == shouted["letters"] != other["letters"]
