"""Credit for purchases: to one campaign at most, by the strongest evidence and then the last touch, and only to what was known and running."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis
import pytest

from batch_assets.marts.customer_records import recipients

from ..frames import frame
from .campaigns import CAMPAIGN, CONTACT, CUSTOMER, DAY, MEMBERS, Row, at, click, coupon, day, line, member, purchases, redeemed, sent, typed


def made(*asked: dt.date, **rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows that are credited on some days, `DAY` if none is given; see `purchases`."""
    return [row for row in purchases(*(asked or [DAY]), **rows) if row["campaign_id"]]


def told(**rows: Sequence[Row]) -> list[tuple[int, str, int | None]]:
    """Return campaign, evidence and customer of each credited line."""
    return [(row["campaign_id"], row["evidence"], row["customer_id"]) for row in made(**rows)]


def test_a_line_says_what_led_to_it_and_how_long_ago() -> None:
    assert made(sends=[sent(-2, 10)]) == [
        {
            "batch_date": DAY,
            "sold_on": DAY,
            "store_id": 31,
            "receipt_id": 1,
            "line_no": 1,
            "campaign_id": CAMPAIGN,
            "customer_id": CUSTOMER,
            "product_id": 1,
            "evidence": "sent",
            "touched_at": at(-2, 10),
            "lag_hours": 50,
            "lines": 1,
            "amount_cents": 250,
        }
    ]


def test_a_redeemed_coupon_counts_more_than_a_click_and_a_click_more_than_a_message() -> None:
    sends, views, coupons = [sent(-2, 10)], [click(-1)], [redeemed()]
    (by_click,), (by_coupon,) = made(sends=sends, page_views=views), made(sends=sends, page_views=views, coupon_redemptions=coupons)
    assert (by_click["evidence"], by_click["touched_at"], by_click["lag_hours"]) == ("clicked", at(-1), 24)
    assert (by_coupon["evidence"], by_coupon["touched_at"], by_coupon["lag_hours"]) == ("redeemed", at(-2, 10), 50)


def test_of_several_campaigns_the_strongest_evidence_then_the_last_touch_then_the_lowest_number_has_the_line() -> None:
    both = [coupon(), coupon(campaign_id=25)]
    later = [sent(-2), sent(-1, campaign_id=25, send_id=2)]
    assert told(campaign_coupons=both, sends=later) == [(25, "sent", CUSTOMER)]
    assert told(campaign_coupons=both, sends=later, page_views=[click(-1)]) == [(CAMPAIGN, "clicked", CUSTOMER)]
    assert told(campaign_coupons=both, sends=[sent(-2), sent(-2, campaign_id=25, send_id=2)]) == [(25, "sent", CUSTOMER)]
    assert told(campaign_coupons=both, sends=later, coupon_redemptions=[redeemed()]) == [(CAMPAIGN, "redeemed", CUSTOMER)]


def test_credited_and_rest_are_the_day_s_sales() -> None:
    lines = [line(), line(line_no=2, product_id=2, amount_cents=99), line(receipt_id=2, amount_cents=1)]
    rows = purchases(DAY, sales_lines=lines, sends=[sent()])
    assert sorted((row["evidence"], row["lines"], row["amount_cents"]) for row in rows) == [("none", 2, 100), ("sent", 1, 250)]


@pytest.mark.parametrize("number", [-3, 0])
def test_what_is_sent_after_the_purchase_did_not_lead_to_it(number: int) -> None:
    assert len(made(sends=[sent(number, 11)])) == 1
    assert not made(sends=[sent(0, 12)])
    assert not made(sends=[sent(0, 13)], page_views=[click(0, 14)])


@pytest.mark.parametrize(
    ("of_coupon", "counts"),
    [
        ({"starts_on": DAY}, True),
        ({"ends_on": DAY}, True),
        ({"starts_on": day(1)}, False),
        ({"starts_on": day(-5), "ends_on": day(-1)}, False),
        ({"product_id": 2}, False),
        ({"campaign_id": 25}, False),
        ({"announced": -2}, True),
        ({"announced": -1}, False),
    ],
)
def test_a_campaign_gets_what_it_promotes_while_it_runs_and_if_it_was_announced_before_it_touched_anybody(of_coupon: dict[str, Any], counts: bool) -> None:
    assert bool(made(campaign_coupons=[coupon(**of_coupon)], sends=[sent(-2)])) == counts


def test_a_click_without_a_cookie_is_that_of_the_contact_to_whom_the_message_went() -> None:
    assert told(sends=[sent()], page_views=[click()]) == [(CAMPAIGN, "clicked", CUSTOMER)]
    assert not told(page_views=[click()])
    assert not told(page_views=[click()], sends=[sent(0, 13)])
    assert told(page_views=[click(contact_id=CONTACT)]) == [(CAMPAIGN, "clicked", CUSTOMER)]
    assert told(sends=[sent(contact_id="C100008")], page_views=[click(contact_id=CONTACT)]) == [(CAMPAIGN, "clicked", CUSTOMER)]


def test_who_a_customer_was_is_as_known_on_the_batch_day() -> None:
    later = [member("till", "k7"), member("marketing", CONTACT, 8), member("marketing", CONTACT, CUSTOMER, since=1)]
    assert not made(sends=[sent()], customer_members=later)
    assert len(made(sends=[sent()], customer_members=[*later[:2], later[2] | {"batch_date": DAY}])) == 1


def test_a_range_credits_each_day_with_what_was_known_on_it() -> None:
    lines, names = [line(number) for number in (0, 1)], [typed(number) for number in (0, 1)]
    later = [member("till", "k7"), member("marketing", CONTACT, since=1)]
    rows = made(DAY, day(1), sales_lines=lines, till_customers=names, sends=[sent()], customer_members=later)
    assert [row["batch_date"] for row in rows] == [day(1)]
    late = line(0, arrives=1)
    assert not made(DAY, day(1), sends=[sent(1, sent_at=at(-1))])
    assert not made(DAY, day(1), sends=[sent()], till_customers=[typed(batch_date=day(1))])
    assert made(day(1), sales_lines=[late], sends=[sent()])


def test_a_late_line_is_of_the_customer_whose_name_came_with_its_receipt() -> None:
    assert [row["customer_id"] for row in made(day(1), sales_lines=[line(0, arrives=1, line_no=2)], sends=[sent()])] == [CUSTOMER]


def test_a_receipt_without_a_name_is_of_the_customer_to_whom_it_was_delivered() -> None:
    note = {"batch_date": DAY, "delivery_no": 1, "delivered_at": at(0, 14), "store_id": 31, "receipt_id": 1, "name": "Rene Roy", "phone": None}
    note |= {"street": "1 Elm St", "postcode": "08772", "city": "Troy", "source_file": "f", "source_line": 1}
    (key,) = ibis.duckdb.connect().to_pyarrow(recipients(frame("deliveries", [note]))["source_key"]).to_pylist()
    members = [*MEMBERS, member("logistics", key)]
    known: dict[str, Sequence[Row]] = {"till_customers": [], "customer_members": members, "sends": [sent()]}
    assert told(deliveries=[note], **known) == [(CAMPAIGN, "sent", CUSTOMER)]
    assert not told(deliveries=[note | {"batch_date": day(1)}], **known)
    assert not told(deliveries=[note | {"batch_date": day(-1)}], **known)
    other = note | {"delivery_no": 2, "name": "Ann Lee"}
    (its_key,) = ibis.duckdb.connect().to_pyarrow(recipients(frame("deliveries", [other]))["source_key"]).to_pylist()
    assert not told(deliveries=[note, other], **known | {"customer_members": [*members, member("logistics", its_key, 9)]})


def test_a_redeemed_coupon_is_on_the_receipt_of_its_contact() -> None:
    theirs, other = line(), line(receipt_id=2)
    names = [typed(), typed(receipt_id=2, till_key="k9", family_name="lee")]
    rows = made(sales_lines=[theirs, other], till_customers=names, customer_members=[*MEMBERS, member("till", "k9", 9)], coupon_redemptions=[redeemed()])
    assert [(row["receipt_id"], row["evidence"], row["customer_id"]) for row in rows] == [(1, "redeemed", CUSTOMER)]


def test_of_two_receipts_of_the_contact_the_one_with_the_larger_discount_has_the_coupon() -> None:
    lines, names = [line(), line(receipt_id=2, discount_cents=50)], [typed(), typed(receipt_id=2)]
    assert [row["receipt_id"] for row in made(sales_lines=lines, till_customers=names, coupon_redemptions=[redeemed()])] == [2]


@pytest.mark.parametrize(
    ("of_coupon", "of_receipts", "expected"),
    [
        ({"name": "Roy, R."}, [typed()], (1, CUSTOMER)),
        ({"name": "Ann Lee"}, [typed()], None),
        ({"name": "R. Roy"}, [typed(), typed(receipt_id=2, till_key="k9", given_name="ruth")], None),
        ({"name": "R. Roy"}, [typed(), typed(receipt_id=2, till_key="k9", given_name="ann")], (1, CUSTOMER)),
        ({"name": None}, [typed()], (1, CUSTOMER)),
        ({"name": None}, [typed(), typed(receipt_id=2)], None),
        ({"name": "Ann Lee"}, [], (1, None)),
        ({"name": None, "contact_id": CONTACT}, [], (1, CUSTOMER)),
        ({"name": None, "contact_id": CONTACT}, [typed(till_key="k9")], None),
    ],
)
def test_without_its_contact_s_receipt_a_coupon_is_on_the_only_one_that_agrees(
    of_coupon: dict[str, Any], of_receipts: list[Row], expected: tuple[int, int | None] | None
) -> None:
    lines = [line(receipt_id=receipt["receipt_id"]) for receipt in of_receipts] or [line()]
    members = [*MEMBERS, member("till", "k9", 9)]
    rows = made(sales_lines=lines, till_customers=of_receipts, customer_members=members, coupon_redemptions=[redeemed(**{"contact_id": None} | of_coupon)])
    assert [(row["receipt_id"], row["customer_id"]) for row in rows] == ([expected] if expected else [])


def test_a_coupon_of_which_two_receipts_have_the_name_is_not_on_a_third() -> None:
    lines, names = [line(receipt_id=number) for number in (1, 2, 3)], [typed(), typed(receipt_id=2)]
    by_name = [redeemed(contact_id=None, name="R. Roy")]
    assert not made(sales_lines=lines, till_customers=names, coupon_redemptions=by_name)
    assert [row["receipt_id"] for row in made(sales_lines=lines, till_customers=names[:1], coupon_redemptions=by_name)] == [1]


def test_of_two_coupons_on_a_receipt_without_a_name_the_one_with_a_contact_names_the_customer() -> None:
    rows = made(till_customers=[], coupon_redemptions=[redeemed(contact_id=None), redeemed(voucher_no=2)])
    assert [(row["line_no"], row["customer_id"]) for row in rows] == [(1, CUSTOMER)]


@pytest.mark.parametrize("fields", [{"number": -1}, {"store_id": 32}, {"coupon_upc": 9}, {"campaign_id": 25}])
def test_a_coupon_of_another_day_store_or_product_is_not_on_the_receipt(fields: dict[str, Any]) -> None:
    assert not made(coupon_redemptions=[redeemed(**fields)])


def test_a_late_line_is_not_called_the_only_one_of_its_day() -> None:
    late = [line(0, arrives=1)]
    assert not made(day(1), sales_lines=late, coupon_redemptions=[redeemed(contact_id=None)])
    assert made(day(1), sales_lines=late, coupon_redemptions=[redeemed()])


def test_all_lines_with_products_of_the_coupon_are_credited_and_no_others() -> None:
    lines = [line(), line(line_no=2), line(line_no=3, product_id=2), line(line_no=4, product_id=3)]
    rows = made(sales_lines=lines, campaign_coupons=[coupon(), coupon(product_id=3)], coupon_redemptions=[redeemed(), redeemed(voucher_no=2)])
    assert [row["line_no"] for row in rows] == [1, 2, 4]
