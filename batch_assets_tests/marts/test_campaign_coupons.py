"""Coupons of campaigns: typed, each product once; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.campaign_coupons import LONGEST, campaign_coupons

from ..frames import frame, rows_of

DAY = dt.date(2017, 5, 1)
GOOD = {"campaign_id": "8", "coupon_upc": "51380041013", "product_id": "26190", "starts_on": "2017-05-08", "ends_on": "2017-06-25"}


def raw(line: int = 2, **fields: Any) -> dict[str, Any]:
    """Return a line of the list, as read, but for the fields that are given."""
    return {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": line, **fields}


def made(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of lines of the list."""
    return sorted(rows_of(campaign_coupons, coupon_list=frame("coupon_list", lines)), key=lambda row: row["source_line"])


def test_a_coupon_s_product_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(9)) == [
        {
            "batch_date": DAY,
            "campaign_id": 8,
            "coupon_upc": 51380041013,
            "product_id": 26190,
            "starts_on": dt.date(2017, 5, 8),
            "ends_on": dt.date(2017, 6, 25),
            "source_file": "f",
            "source_line": 9,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"starts_on": "2016-11-14"}, None),
        ({"ends_on": str(DAY + dt.timedelta(days=LONGEST))}, None),
        ({"product_id": "all"}, "product_id is not a positive whole number"),
        ({"coupon_upc": "0"}, "coupon_upc is not a positive whole number"),
        ({"campaign_id": ""}, "campaign_id is not a positive whole number"),
        ({"starts_on": "08.05.2017"}, "starts_on is not a day such as 2017-12-24"),
        ({"ends_on": "while stocks last"}, "ends_on is not a day such as 2017-12-24"),
        ({"ends_on": "2017-05-07"}, "ends_on is before starts_on"),
        ({"starts_on": "2017-04-01", "ends_on": "2017-04-30"}, "ends_on is before the day of the announcement"),
        ({"ends_on": str(DAY + dt.timedelta(days=LONGEST + 1))}, f"ends_on is more than {LONGEST} days after the announcement"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == reason


def test_a_product_of_a_coupon_is_kept_once_a_day_after_those_that_are_rejected() -> None:
    rows = made(raw(2, ends_on=""), raw(3), raw(4), raw(5, product_id="26191"), raw(6, coupon_upc="1"))
    repeats = "the line repeats an earlier one of the day"
    assert [row["reject_reason"] for row in rows] == ["ends_on is not a day such as 2017-12-24", None, repeats, None, None]
