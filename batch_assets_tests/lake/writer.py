"""Writes small raw files, a day at a time, as the departments' systems would. Expectations belong in the tests."""

import datetime as dt
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from batch_assets.lake.catalogue import catalogue
from batch_assets.lake.pos_log import pos_log

FIRST = dt.date(2017, 1, 1)
"""The calendar's first day."""

TILL_HEADER = ",".join(pos_log.columns)
GOOD_LINE = {
    "receipt_id": "1",
    "line_no": "1",
    "sold_at": "",
    "store_id": "31",
    "customer_name": "",
    "postcode": "",
    "product_id": "1",
    "quantity": "1",
    "amount": "1.00",
    "retail_discount": "0.00",
    "coupon_discount": "0.00",
    "coupon_match_discount": "0.00",
}
GOOD_PRODUCT: dict[str, object] = {
    "product_id": 1,
    "manufacturer_id": 7,
    "department": "GROCERY",
    "brand": "National",
    "category": "MILK",
    "type": None,
    "package_size": None,
}


def day_of(number: int) -> dt.date:
    """Return the calendar's day of that number, from 0."""
    return FIRST + dt.timedelta(days=number)


def noon(day: dt.date) -> str:
    """Return a time of sale, in UTC, that is about noon in the store."""
    return f"{day}T17:00:00Z"


def till_line(day: dt.date, **fields: str) -> str:
    """Return a good line of the till log of a day, but for the fields that are given."""
    return ",".join(({**GOOD_LINE, "sold_at": noon(day)} | fields).values())


def product(product_id: object = 1, **fields: object) -> dict[str, object]:
    """Return a good product, but for the fields that are given."""
    return GOOD_PRODUCT | {"product_id": product_id} | fields


def write_till(root: Path, day: dt.date, lines: Iterable[str], header: str = TILL_HEADER) -> Path:
    """Write a day's till log; `lines` stand as they are. The same lines give the same bytes."""
    path = pos_log.path(root, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in [header, *lines]).encode(), mtime=0))
    return path


def write_catalogue(root: Path, day: dt.date, products: Sequence[Mapping[str, object] | str]) -> Path:
    """Write a day's catalogue; a text stands as it is."""
    path = catalogue.path(root, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{p if isinstance(p, str) else json.dumps(p)}\n" for p in products))
    return path


def write_day(root: Path, day: dt.date, lines: Sequence[str] | None = None, products: Sequence[Mapping[str, object] | str] | None = None) -> None:
    """Write both files of a day: one good line of one good product, unless told otherwise."""
    write_till(root, day, [till_line(day)] if lines is None else lines)
    write_catalogue(root, day, [product()] if products is None else products)
