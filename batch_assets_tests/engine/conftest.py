"""The tests' own shop, published up to its models, which the engine's tests read and never change."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from .. import shop
from ..conftest import warehouse_in
from ..shop_lake import write_days

SHOP = Graph(shop.PACKAGE)
LENGTH = 10


@pytest.fixture(scope="session")
def days(shop_warehouse: Warehouse) -> list[dt.date]:
    """The days that are published: from a Sunday on, so that models are trained on the second day and on the ninth."""
    return write_days(Path(shop_warehouse.lake), LENGTH)


@pytest.fixture(scope="session")
def shop_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse in which everything but the predictions is published."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("shop"))
    asked = write_days(Path(warehouse.lake), LENGTH)
    for table in SHOP.in_order():
        if table.layer != "predictions":
            publish(table, warehouse, asked, "run")
    return warehouse


def like(name: str, function: Callable[..., Any], **others: Any) -> Table:
    """Return a table of the shop with another function in its place."""
    found = SHOP.table(name)
    function.__name__, function.__module__ = name, found.function.__module__
    return dataclasses.replace(found, function=function, **others)
