"""A few customers and what they bought, as frames to call the tables of recommendations with."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir

from batch_assets.features.customer_candidates import customer_candidates
from batch_assets.features.customer_product import customer_product

from ..frames import days, frame, rows_of

FIRST = dt.date(2017, 1, 1)
TODAY = 200
"""The number of the day as of which all is asked."""

Row = dict[str, Any]


def day(number: int) -> dt.date:
    """Return the calendar's day of that number, from 0."""
    return FIRST + dt.timedelta(days=number)


def buys(customer: int, product: int, *ago: int, arrived: int | None = None, store: int = 31, units: int = 1, cents: int = 100) -> list[Row]:
    """Return purchases of a product on some days before `TODAY`; they arrive on these days, or so many days before `TODAY`."""
    row = {"customer_id": customer, "store_id": store, "product_id": product, "units": units, "amount_cents": cents}
    return [row | {"sold_on": day(TODAY - n), "batch_date": day(TODAY - (n if arrived is None else arrived))} for n in ago]


def listed(product: int, category: str = "MILK", *, on: int = 0, department: str = "GROCERY", kind: str | None = None, maker: int | None = None) -> Row:
    """Return a line of the catalogue."""
    known = {"department": department, "category": category, "product_type": kind, "manufacturer_id": maker}
    return {"batch_date": day(on), "product_id": product, **known}


SHELF = [listed(product) for product in range(1, 10)]
"""Nine products of one category, listed from the first day on."""


def candidates(purchases: Sequence[Row], products: Sequence[Row] = SHELF, *asked: int) -> dict[tuple[int, int], Row]:
    """Return the candidates as of `TODAY`, or of other days, by customer and product."""
    rows = rows_of(customer_candidates, **_known(purchases, products, *asked))
    return {(row["customer_id"], row["product_id"]): row for row in rows}


def promoted(product: int, starts: int, ends: int, *, announced: int, stores: int = 1) -> Row:
    """Return a promotion of a product, from and to so many days after `TODAY`, which was announced so many days before."""
    return {"batch_date": day(TODAY - announced), "product_id": product, "stores": stores, "starts_on": day(TODAY + starts), "ends_on": day(TODAY + ends)}


def features(purchases: Sequence[Row], products: Sequence[Row] = SHELF, promotions: Sequence[Row] = ()) -> dict[tuple[int, int], Row]:
    """Return the features as of `TODAY`, by customer and product."""
    known = _known(purchases, products)
    plan = frame("promotions", promotions)
    found = frame("customer_candidates", rows_of(customer_candidates, **known))
    rows = rows_of(customer_product, customer_candidates=found, promotions=plan, **known)
    return {(row["customer_id"], row["product_id"]): row for row in rows}


def _known(purchases: Sequence[Row], products: Sequence[Row], *asked: int) -> dict[str, ir.Table]:
    return {
        "days": days(*map(day, asked or (TODAY,))),
        "customer_purchases": frame("customer_purchases", purchases),
        "products": frame("products", products),
    }
