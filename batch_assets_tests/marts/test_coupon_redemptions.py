"""Redeemed coupons: typed, each once; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.coupon_redemptions import coupon_redemptions

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {
    "voucher_no": "17191",
    "redeemed_on": "10.07.2017",
    "store_id": "31",
    "campaign_id": "26",
    "coupon_upc": "51380041013",
    "contact_id": "C100001",
    "name": "Rene\u0301 Roy",
    "value": "1,50",
}


def raw(line: int = 2, **fields: Any) -> dict[str, Any]:
    """Return a line of the list, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": line, **fields}


def made(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of lines of the list."""
    return sorted(rows_of(coupon_redemptions, redemptions=frame("redemptions", lines)), key=lambda row: row["source_line"])


def test_a_redemption_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "voucher_no": 17191,
            "store_id": 31,
            "campaign_id": 26,
            "coupon_upc": 51380041013,
            "contact_id": "C100001",
            "name": "Ren\u00e9 Roy",
            "value_cents": 150,
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"contact_id": "", "name": " ", "value": ""}, None),
        ({"voucher_no": "x"}, "voucher_no is not a positive whole number"),
        ({"campaign_id": "0"}, "campaign_id is not a positive whole number"),
        ({"redeemed_on": "31.02.2017"}, "redeemed_on is not a day such as 24.12.2017"),
        ({"redeemed_on": "2017-07-10"}, "redeemed_on is not a day such as 24.12.2017"),
        ({"redeemed_on": "07.10.2017"}, "redeemed_on is another day than the file's"),
        ({"value": "1.50"}, "value is not dollars and cents with a decimal comma"),
        ({"value": "1,505"}, "value is not dollars and cents with a decimal comma"),
        ({"value": "-1,50"}, "value is negative"),
        ({"value": "1000,01"}, "value is more than 1000 dollars"),
        ({"contact_id": "100001"}, "contact_id is not C and six digits"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_a_voucher_is_kept_once_a_day_after_those_that_are_rejected() -> None:
    rows = made(raw(2, value="1.50"), raw(3), raw(4, value="2,00"), raw(5, voucher_no="2"))
    repeats = "the line repeats an earlier voucher of the day"
    assert [row["reject_reason"] for row in rows] == ["value is not dollars and cents with a decimal comma", None, repeats, None]
