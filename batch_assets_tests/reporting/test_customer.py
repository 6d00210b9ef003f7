"""The whole story of a customer as of a day: everything of this customer, nothing of another or of a later day, and no private value unless it is asked for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from batch_assets.errors import BatchError
from batch_assets.reporting.customer import customer
from batch_assets.table.graph import configured_graph

from ..marts.campaigns import CAMPAIGN, CONTACT, CUSTOMER, DAY, Row, click, day, line, member, redeemed, sent, typed

CANARY = ("canary", "08772", "5550199", "1 elm st", "canary@example.com", "1970")
"""All that is private of the customer."""


def record(source: str, key: str, **fields: Any) -> Row:
    """Return a record of a department."""
    return {"batch_date": day(-30), "source": source, "source_key": key, "given_name": "canary", "postcode": "08772", **fields}


def link(left: tuple[str, str], right: tuple[str, str], status: str = "linked", **fields: Any) -> Row:
    """Return a link between two records."""
    keys = {"left_source": left[0], "left_key": left[1], "right_source": right[0], "right_key": right[1]}
    return {
        "batch_date": day(-30),
        **keys,
        "status": status,
        "why": "the weight",
        "match_weight": 9.0,
        "probability": 0.998,
        "evidence": "name the same",
        **fields,
    }


def warehouse(**rows: Sequence[Mapping[str, Any]]) -> Backend:
    """Return a warehouse with a customer of three departments, who is one of two that are known, and with other rows if they are given."""
    usual: dict[str, Sequence[Mapping[str, Any]]] = {
        "customer_members": [
            member("till", "k7"),
            member("marketing", CONTACT, 8),
            member("marketing", CONTACT, since=-5) | {"was": 8, "why": "merged"},
            member("logistics", "l7", since=2),
            member("till", "k9", 9),
        ],
        "customer_records": [
            record("till", "k7"),
            record("till", "k9", given_name="other"),
            record("marketing", CONTACT, email="canary@example.com", birth_year=1970),
            record("logistics", "l7", phone="5550199", street="1 elm st"),
        ],
        "customer_links": [
            link(("marketing", CONTACT), ("till", "k7")),
            link(("till", "k7"), ("till", "k9"), "review", evidence="look at this"),
            link(("till", "k8"), ("till", "k9"), evidence="of others"),
        ],
        "till_customers": [typed(), typed(receipt_id=2, till_key="k9"), typed(1)],
        "sales_lines": [line(), line(receipt_id=2, amount_cents=777), line(1, amount_cents=999)],
        "products": [{"batch_date": day(-30), "product_id": 1, "category": "MILK", "product_type": "WHOLE MILK"}],
        "sends": [sent(), sent(send_id=2, contact_id="C100009", campaign_id=99), sent(1)],
        "page_views": [click(contact_id=CONTACT)],
        "coupon_redemptions": [redeemed()],
        "campaign_purchases": [
            {"batch_date": day(-8), "campaign_id": 25, "customer_id": 8, "evidence": "sent", "lines": 1, "amount_cents": 100},
            {"batch_date": DAY, "campaign_id": CAMPAIGN, "customer_id": CUSTOMER, "evidence": "redeemed", "lines": 1, "amount_cents": 250},
            {"batch_date": DAY, "campaign_id": 98, "customer_id": 9, "evidence": "sent", "lines": 1, "amount_cents": 1},
        ],
        "product_recommendations": [
            {"batch_date": DAY, "customer_id": number, "list": "repeat", "rank": 1, "product_id": 1, "product": product, "reason": "bought every day"}
            for number, product in ((CUSTOMER, "THEIR MILK"), (71, "ANOTHER'S MILK"))
        ],
    }
    con = ibis.duckdb.connect()
    for layer in ("marts", "predictions"):
        con.create_database(layer)
    for name, found in {**usual, **rows}.items():
        table = configured_graph().table(name)
        con.create_table(name, pa.Table.from_pylist([dict(row) for row in found], schema=table.contract.arrow_schema()), database=table.layer)
    return con


def told(asked: str = "7", on: dt.date | None = DAY, *, with_names: bool = False, **rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is told of a customer on a day."""
    return customer(warehouse(**rows), asked, on, with_names=with_names)


def test_all_that_is_known_of_a_customer_is_told() -> None:
    story = told()
    assert "Customer 7 as of 2017-07-10" in story
    for expected in (
        "till       k7       since 2017-06-10  given name private, postcode private",
        "marketing:C100007  till:k7  2017-06-10  linked  0.9980  name the same",
        "review  0.9980  look at this",
        "1 receipts, 1 lines, 2.50 dollars, 2017-07-10 to 2017-07-10",
        "2017-07-10  store 31  1  WHOLE MILK  2.50 dollars",
        "campaign 25  0 messages  0 clicks  0 coupons  sent: 1 lines, 1.00 dollars",
        "campaign 26  1 messages  1 clicks  1 coupons  redeemed: 1 lines, 2.50 dollars",
        "likely to be bought again  1  THEIR MILK  bought every day",
    ):
        assert expected in story


@pytest.mark.parametrize("of_another", ["other", "of others", "7.77", "campaign 98", "campaign 99", "ANOTHER"])
def test_nothing_of_another_customer_is_told(of_another: str) -> None:
    assert of_another not in told(with_names=True)


def test_nothing_of_a_later_day_is_told() -> None:
    assert "logistics" not in told()
    assert "9.99" not in told()
    assert "logistics" in told(on=day(2))
    assert "2 messages" in told(on=day(2))
    assert "as of 2017-07-12" in told(on=None)


def test_what_is_private_is_told_only_if_asked_for() -> None:
    assert not [value for value in CANARY if value in told(on=day(2))]
    assert not [value for value in CANARY if value not in told(on=day(2), with_names=True)]


@pytest.mark.parametrize(
    ("asked", "on", "expected"), [("marketing:C100007", DAY, 7), ("marketing:C100007", day(-6), 8), ("8", DAY, 7), ("8", day(-6), 8), ("9", DAY, 9)]
)
def test_a_customer_is_found_by_number_by_a_former_number_and_by_a_record(asked: str, on: dt.date, expected: int) -> None:
    assert f"Customer {expected} as of" in told(asked, on)


@pytest.mark.parametrize("asked", ["10", "marketing:C1", "till:C100007", "Ren\u00e9", "logistics:l7"])
def test_one_whom_nobody_knows_is_told_in_a_line(asked: str) -> None:
    with pytest.raises(BatchError, match=f"{asked} was nobody by 2017-07-10: give a customer_id, or SOURCE:KEY"):
        told(asked)


def test_a_warehouse_without_customers_says_so() -> None:
    con = ibis.duckdb.connect()
    con.create_database("marts")
    with pytest.raises(BatchError, match="Who is whom is not known yet"):
        customer(con, "7", None, with_names=False)


def test_tables_that_were_never_published_leave_their_part_empty() -> None:
    con = warehouse()
    for name in ("customer_links", "till_customers", "sends", "page_views", "coupon_redemptions", "campaign_purchases"):
        con.drop_table(name, database="marts")
    con.drop_table("product_recommendations", database="predictions")
    assert customer(con, "7", DAY, with_names=False).count("\n  none") == 4


def test_without_a_number_it_is_one_whom_most_departments_know_and_who_redeemed_the_most() -> None:
    three = [member(source, f"{source}{number}", number) for number in (5, 4) for source in ("till", "marketing", "logistics")]
    bought = [
        {"batch_date": DAY, "campaign_id": CAMPAIGN, "customer_id": number, "evidence": evidence, "lines": 1, "amount_cents": cents}
        for number, evidence, cents in ((4, "redeemed", 100), (4, "sent", 900), (5, "redeemed", 200), (9, "redeemed", 5000))
    ]
    con = warehouse(customer_members=[*three, member("till", "k9", 9)], campaign_purchases=bought)
    assert customer(con, None, DAY, with_names=False).startswith(f"\nCustomer 5 as of {DAY}\n")
    con.drop_table("campaign_purchases", database="marts")
    assert customer(con, None, DAY, with_names=False).startswith(f"\nCustomer 4 as of {DAY}\n")
    with pytest.raises(BatchError, match=r"Nobody was known by 2000-01-01: give a later day\."):
        customer(con, None, dt.date(2000, 1, 1), with_names=False)
