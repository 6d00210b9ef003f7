"""A campaign in a few rows: customer 7, known to the tills as `k7` and to marketing as C100007, and campaign 26 with a coupon for product 1."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from batch_assets.marts.campaign_purchases import campaign_purchases
from batch_assets.table.graph import configured_graph

DAY = dt.date(2017, 7, 10)
CUSTOMER, CONTACT, CAMPAIGN, COUPON, PRODUCT = 7, "C100007", 26, 51380041013, 1

Row = dict[str, Any]


def day(number: int) -> dt.date:
    """Return the day so many days after `DAY`."""
    return DAY + dt.timedelta(days=number)


def at(number: int, hour: int = 12) -> dt.datetime:
    """Return a time of that day."""
    return dt.datetime.combine(day(number), dt.time(hour))


def line(number: int = 0, arrives: int | None = None, **fields: Any) -> Row:
    """Return a line that is sold at noon of a day."""
    known = {"batch_date": day(number if arrives is None else arrives), "sold_at": at(number), "sold_on": day(number), "store_id": 31, "receipt_id": 1}
    more = {"line_no": 1, "product_id": PRODUCT, "quantity": 1, "amount_cents": 250, "discount_cents": 0, "source_file": "f", "source_line": 2}
    return {**known, **more, **fields}


def typed(number: int = 0, **fields: Any) -> Row:
    """Return the name that was typed on the receipt of `line`."""
    known = {"batch_date": day(number), "sold_on": day(number), "store_id": 31, "receipt_id": 1, "till_key": "k7"}
    return {**known, "given_name": "rene", "family_name": "roy", "postcode": "08772", **fields}


def member(source: str, key: str, customer: int = CUSTOMER, since: int = -30) -> Row:
    """Return a record's customer from a day on."""
    return {"batch_date": day(since), "source": source, "source_key": key, "customer_id": customer, "why": "new"}


def sent(number: int = -2, hour: int = 12, **fields: Any) -> Row:
    """Return a message of the campaign."""
    known = {"batch_date": day(number), "send_id": 1, "contact_id": CONTACT, "campaign_id": CAMPAIGN, "channel": "email", "sent_at": at(number, hour)}
    return {**known, "source_file": "f", "source_line": 1, **fields}


def click(number: int = -1, hour: int = 12, **fields: Any) -> Row:
    """Return a click on the link in `sent`."""
    known = {"batch_date": day(number), "requested_at": at(number, hour), "host": "192.0.2.1", "method": "GET", "path": "/offers/26", "status": 200}
    return {**known, "campaign_id": CAMPAIGN, "send_id": 1, "contact_id": None, "source_file": "f", "source_line": 1, **fields}


def coupon(announced: int = -9, **fields: Any) -> Row:
    """Return a coupon of the campaign, which runs from five days before `DAY` until ten days after it."""
    known = {"batch_date": day(announced), "campaign_id": CAMPAIGN, "coupon_upc": COUPON, "product_id": PRODUCT, "starts_on": day(-5), "ends_on": day(10)}
    return {**known, "source_file": "f", "source_line": 2, **fields}


def redeemed(number: int = 0, **fields: Any) -> Row:
    """Return the coupon, redeemed."""
    known = {"batch_date": day(number), "voucher_no": 1, "store_id": 31, "campaign_id": CAMPAIGN, "coupon_upc": COUPON, "contact_id": CONTACT, "name": None}
    return {**known, "value_cents": 50, "source_file": "f", "source_line": 2, **fields}


MEMBERS = (member("till", "k7"), member("marketing", CONTACT))


def purchases(*asked: dt.date, **rows: Sequence[Row]) -> list[Row]:
    """Return the rows of `campaign_purchases` on some days: of a line of customer 7 and a coupon for it, without any touch, unless other rows are given.

    The query is compiled once: that takes longer than to run it.
    """
    usual: dict[str, Sequence[Row]] = {
        "sales_lines": [line()],
        "till_customers": [typed()],
        "deliveries": [],
        "customer_members": MEMBERS,
        "sends": [],
        "page_views": [],
        "coupon_redemptions": [],
        "campaign_coupons": [coupon()],
    }
    with duckdb.connect() as con:
        con.register("days", pa.table({"batch_date": pa.array(asked, pa.date32())}))
        for name, found in {**usual, **rows}.items():
            con.register(name, pa.Table.from_pylist([*found], schema=configured_graph().table(name).contract.arrow_schema()))
        made: list[Row] = con.execute(_query()).to_arrow_table().to_pylist()
    return sorted(made, key=lambda row: tuple(str(row[column]) for column in campaign_purchases.contract.grain()))


@cache
def _query() -> str:
    return str(ibis.duckdb.compile(campaign_purchases.expression))
