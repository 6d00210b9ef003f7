"""Messages: typed, each once; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.sends import sends

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {"send_id": "7", "contact_id": "C100001", "campaign_id": "26", "channel": "email", "sent_at": "2017-07-10T14:00:05Z"}


def raw(line: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a line, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": line, **fields}


def made(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of lines."""
    return sorted(rows_of(sends, send_log=frame("send_log", lines)), key=lambda row: row["source_line"])


def test_a_message_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "send_id": 7,
            "contact_id": "C100001",
            "campaign_id": 26,
            "channel": "email",
            "sent_at": dt.datetime(2017, 7, 10, 14, 0, 5),  # noqa: DTZ001
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sent_at": "2017-07-11T03:59:59Z", "channel": "letter"}, None),
        ({"send_id": "x"}, "send_id is not a positive whole number"),
        ({"campaign_id": None}, "campaign_id is not a positive whole number"),
        ({"contact_id": None}, "contact_id is not C and six digits"),
        ({"channel": "pigeon"}, "channel is not email or letter"),
        ({"channel": None}, "channel is not email or letter"),
        ({"sent_at": "2017-07-10T14:00:05"}, "sent_at is not a UTC time"),
        ({"sent_at": "2017-07-11T04:00:00Z"}, "sent_at is on another day than the file's"),
        ({"sent_at": "2017-07-10T03:59:59Z"}, "sent_at is on another day than the file's"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_a_message_is_kept_once_a_day_after_those_that_are_rejected() -> None:
    rows = made(raw(2, channel="x"), raw(3), raw(4, campaign_id="1"), raw(5, send_id="8"))
    repeats = "the line repeats an earlier message of the day"
    assert [row["reject_reason"] for row in rows] == ["channel is not email or letter", None, repeats, None]
