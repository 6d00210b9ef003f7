"""Sixty days of three categories, published: enough for a model to be trained on, small enough to be quick."""

import datetime as dt
import math
from pathlib import Path

from batch_assets.partitions import days_between
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from .writer import day_of, noon, product, till_line, write_catalogue, write_till

CATEGORIES = {1: "MILK", 2: "BREAD", 3: "SOUP"}
LENGTH = 60


def write_history(lake: Path, length: int = LENGTH) -> list[dt.date]:
    """Write a lake in which each category has its level and all sell more towards the weekend; return its days."""
    days = [day_of(n) for n in range(length)]
    for n, day in enumerate(days):
        write_catalogue(lake, day, [product(p, category=c) for p, c in CATEGORIES.items()] if n == 0 else [])
        pieces = {p: round((10 * p + 5 * (day.weekday() >= 4)) * (1 + 0.3 * math.sin(n * p))) for p in CATEGORIES}
        write_till(lake, day, [till_line(day, receipt_id=str(p), product_id=str(p), quantity=str(q), sold_at=noon(day)) for p, q in pieces.items()])
    return days


def publish_all(warehouse: Warehouse, last: dt.date, predict_from: dt.date) -> None:
    """Publish every table up to `last`; models and predictions from `predict_from` on."""
    for table in configured_graph().in_order():
        first = predict_from if table.layer in ("models", "predictions") else day_of(0)
        publish(table, warehouse, days_between(first, last), "run")
