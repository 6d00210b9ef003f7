"""A campaign so far: counted up to each day and no further, by campaign and by product, while lines of it may arrive."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from batch_assets.marts.campaign_report import campaign_report, campaigns_so_far

from ..frames import days, frame, rows_of
from .campaigns import CAMPAIGN, CONTACT, CUSTOMER, DAY, MEMBERS, Row, click, coupon, day, member, redeemed, sent


def bought(number: int = 0, **fields: Any) -> Row:
    """Return a credited line of a day."""
    known = {"batch_date": day(number), "sold_on": day(number), "store_id": 31, "receipt_id": 1, "line_no": 1, "campaign_id": CAMPAIGN}
    return {**known, "customer_id": CUSTOMER, "product_id": 1, "evidence": "sent", "lines": 1, "amount_cents": 250, **fields}


def rest(number: int = 0) -> Row:
    """Return what is credited to no campaign."""
    return {"batch_date": day(number), "evidence": "none", "lines": 9, "amount_cents": 999}


def made(*asked: dt.date, **rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the report of some days: of a campaign that touched and sold nothing, unless other rows are given."""
    usual: dict[str, Sequence[Row]] = {
        "campaign_purchases": [rest()],
        "campaign_coupons": [coupon()],
        "coupon_redemptions": [],
        "sends": [],
        "page_views": [],
        "customer_members": MEMBERS,
    }
    return rows_of(campaign_report, days=days(*(asked or [DAY])), **{name: frame(name, found) for name, found in {**usual, **rows}.items()})


def test_a_campaign_and_its_products_are_counted() -> None:
    other = "C100009"
    rows = made(
        campaign_purchases=[
            bought(-1),
            bought(line_no=2, evidence="clicked", amount_cents=100),
            bought(line_no=3, evidence="redeemed", amount_cents=10),
            bought(line_no=4, evidence="redeemed", amount_cents=1, product_id=2, customer_id=None),
            rest(),
        ],
        coupon_redemptions=[redeemed(), redeemed(voucher_no=2, campaign_id=25)],
        sends=[sent(), sent(-1, send_id=2), sent(send_id=3, contact_id=other)],
        page_views=[click(), click(-1, 14)],
        customer_members=[*MEMBERS, member("marketing", other, 9)],
    )
    campaign = {"batch_date": DAY, "campaign_id": CAMPAIGN, "ends_on": day(10), "reached": 2, "clicked": 1, "coupons": 1}
    whole = {"product_id": None, "bought": 1, "redeemed": 1, "lines": 4, "redeemed_cents": 11, "clicked_cents": 100, "sent_cents": 250}
    first = {"product_id": 1, "bought": 1, "redeemed": 1, "lines": 3, "redeemed_cents": 10, "clicked_cents": 100, "sent_cents": 250}
    second = {"product_id": 2, "bought": 0, "redeemed": 1, "lines": 1, "redeemed_cents": 1, "clicked_cents": 0, "sent_cents": 0}
    assert rows == [campaign | first, campaign | second, campaign | whole]


def test_nothing_of_a_later_day_counts() -> None:
    later = {
        "campaign_purchases": [rest(), bought(1)],
        "coupon_redemptions": [redeemed(1)],
        "sends": [sent(1)],
        "page_views": [click(1, contact_id=CONTACT)],
    }
    first, *second = made(DAY, day(1), **later)
    assert (first["reached"], first["clicked"], first["coupons"], first["lines"]) == (0, 0, 0, 0)
    assert [(row["product_id"], row["reached"], row["clicked"], row["coupons"], row["lines"]) for row in second] == [(1, 1, 1, 1, 1), (None, 1, 1, 1, 1)]


def test_a_campaign_is_reported_from_its_first_day_until_no_line_of_its_last_can_arrive() -> None:
    asked = [day(number) for number in (-6, -5, 17, 18)]
    assert [row["batch_date"] for row in made(*asked)] == [day(-5), day(17)]
    assert not made(campaign_coupons=[coupon(1)])


def test_a_click_without_a_message_reaches_nobody() -> None:
    assert [(row["reached"], row["clicked"]) for row in made(page_views=[click(contact_id=CONTACT)])] == [(0, 1)]


def test_who_was_reached_is_as_known_on_the_day() -> None:
    merged = [*MEMBERS, member("marketing", "C100009", 9), member("marketing", "C100009", CUSTOMER, since=1)]
    rows = made(DAY, day(1), sends=[sent(), sent(send_id=2, contact_id="C100009")], customer_members=merged)
    assert [row["reached"] for row in rows] == [2, 1]


def test_the_chart_has_the_dollars_of_each_evidence_per_customer_reached() -> None:
    whole = {"batch_date": DAY, "campaign_id": CAMPAIGN, "reached": 2, "redeemed_cents": 100, "clicked_cents": 0, "sent_cents": 250}
    rows = [whole, whole | {"product_id": 1}, whole | {"batch_date": day(-1)}, whole | {"campaign_id": 25, "reached": 0}]
    chart = campaigns_so_far(DAY, frame("campaign_report", rows))
    assert list(chart.groups) == ["campaign 25", f"campaign {CAMPAIGN}"]
    assert dict(chart.series) == {"redeemed": [1.0, 0.5], "clicked": [0.0, 0.0], "sent": [2.5, 1.25]}
