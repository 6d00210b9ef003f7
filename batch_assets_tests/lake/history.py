"""Histories of some weeks, published: a smooth one of three categories, and a rough one, as departments deliver it. A model can be trained on either."""

import datetime as dt
import math
import random
from pathlib import Path

from batch_assets.partitions import days_between
from batch_assets.settings import Closing
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from .others import write_others
from .writer import day_of, noon, product, till_line, write_catalogue, write_till

CATEGORIES = {1: "MILK", 2: "BREAD", 3: "SOUP"}
CUSTOMERS = {number: {"customer_name": name, "postcode": "08772"} for number, name in {1: "Ann Roy", 2: "Bo Lee", 3: ""}.items()}
"""Who buys the products of a smooth history: two customers, and somebody whose name was not typed."""

LENGTH = 60


def write_history(lake: Path, length: int = LENGTH) -> list[dt.date]:
    """Write a lake in which each category has its level and all sell more towards the weekend; return its days."""
    days = [day_of(n) for n in range(length)]
    for n, day in enumerate(days):
        write_catalogue(lake, day, [product(p, category=c) for p, c in CATEGORIES.items()] if n == 0 else [])
        pieces = {p: round((10 * p + 5 * (day.weekday() >= 4)) * (1 + 0.3 * math.sin(n * p))) for p in CATEGORIES}
        write_till(lake, day, [till_line(day, receipt_id=str(p), product_id=str(p), quantity=str(q), **CUSTOMERS[p]) for p, q in pieces.items()])
        write_others(lake, day)
    return days


CLOSED = {day_of(20): Closing()} | {day_of(n): Closing(known_on=day_of(28)) for n in range(30, 44)}
"""The days on which the store of a rough history was closed: one, and two weeks of which it was known two days before."""


MOVES = {51: [product(5, category="CATEGORY 31"), product(6, category="CATEGORY 07")], 66: [product(6, category="CATEGORY 31")]}
"""Lines of the catalogue by day: a category is renamed, and a product goes to another one, and then to a third."""


def write_rough_history(lake: Path, length: int, *, restated: frozenset[dt.date] = frozenset()) -> list[dt.date]:
    """Write a lake of thirty categories with late lines, dirt, products that move, and no file on the days of `CLOSED`; return its days.

    Args:
        lake: the lake's root.
        length: the number of days.
        restated: days whose till log was sent again, with other quantities.
    """
    days = [day_of(n) for n in range(length)]
    products = range(1, 31)
    for n, day in enumerate(days):
        if day in CLOSED:
            continue
        write_catalogue(lake, day, [product(p, category=f"CATEGORY {p:02}") for p in products] if n == 0 else MOVES.get(n, []))
        pieces = {p: round((p + 6) * (1 + 0.4 * math.sin(n * p)) * (1.5 if day.weekday() >= 4 else 1)) + 2 * (day in restated) for p in products}
        lines = [till_line(day, receipt_id=str(p), product_id=str(p), quantity=str(q), amount=f"{q}.50") for p, q in pieces.items()]
        write_till(lake, day, [*lines, *_late(day), *_dirt(day)])
        write_others(lake, day)
    return days


def _late(day: dt.date) -> list[str]:
    """Return lines of the last open days before a day, with which they arrive; each sells much of something else."""
    open_days = [before for ago in range(1, 4) if (before := day - dt.timedelta(days=ago)) not in CLOSED and before >= day_of(0)]
    return [
        till_line(day, receipt_id=str(1000 + n), product_id=str(1 + (day.toordinal() + 7 * n) % 30), quantity=str(20 + n), sold_at=noon(before))
        for n, before in enumerate(open_days)
    ]


def _dirt(day: dt.date) -> list[str]:
    """Return lines that are rejected: a repeat, no number, nothing that makes sense, one too old, and one that is not CSV."""
    return [
        till_line(day, receipt_id="1", product_id="1", quantity="999"),
        till_line(day, receipt_id="2000", quantity="many"),
        till_line(day, receipt_id="2001", quantity="-5"),
        till_line(day, receipt_id="2002", quantity="999", sold_at=noon(day - dt.timedelta(days=60))),
        "half a li",
    ]


SHOPPERS = ("Abbott", "Becker", "Cruz", "Dalton", "Ellis", "Fisher", "Grant", "Hughes", "Ibarra", "Jensen", "Keller", "Lopez")
"""The family names of those who shop; no two are alike."""


def write_shopping(lake: Path, length: int) -> list[dt.date]:
    """Write a lake in which customers buy a staple every few days, and something else now and then; return its days."""
    days, chance = [day_of(n) for n in range(length)], random.Random(1)
    for n, day in enumerate(days):
        write_catalogue(lake, day, [product(p, category=f"CATEGORY {p % 4}", type=f"TYPE {p}") for p in range(1, 25)] if n == 0 else [])
        lines = []
        for shopper, name in enumerate(SHOPPERS):
            staple = [1 + shopper % 6, 7 + shopper % 5] if n % (2 + shopper % 3) == 0 else []
            bought = {*staple, *(chance.sample(range(1, 25), 2) if chance.random() < 0.3 else [])}
            who = {"customer_name": f"Ann {name}", "postcode": "08772"}
            lines += [till_line(day, receipt_id=str(shopper + 1), line_no=str(p), product_id=str(p), **who) for p in sorted(bought)]
        write_till(lake, day, lines or [till_line(day)])
        write_others(lake, day)
    return days


def publish_all(warehouse: Warehouse, last: dt.date, predict_from: dt.date) -> None:
    """Publish the demand forecast and all that it reads up to `last`; models and predictions from `predict_from` on."""
    graph = configured_graph()
    for table in graph.with_upstreams(["demand_forecast"]):
        first = predict_from if table.layer in ("models", "predictions") else day_of(0)
        publish(table, warehouse, days_between(first, last), "run")
