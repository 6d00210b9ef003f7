"""Spark and Delta tables on an object store, by a server that answers 500 and 503 now and then: workers read and write there, and the same comes of it."""

from pathlib import Path
from typing import Any

import boto3
import pytest

import batch_assets.settings
from batch_assets.errors import StorageError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ...conftest import warehouse_in
from ...shop_lake import write_days
from ...warehouse.delta.busy import Busy, server
from ..conftest import SHOP

__all__ = ["server"]


def batches_of(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    """Return what is published, and what was rejected."""
    with warehouse.connect() as con:
        batches = "select asset, batch_date, content, rows_kept, rows_rejected, inputs from quality.batches order by all"
        return [con.con.execute(query).fetchall() for query in (batches, "from quality.quarantine order by all")]


def names() -> set[str]:
    """Return the files of rows that lie in the store."""
    pages = boto3.client("s3").get_paginator("list_objects_v2").paginate(Bucket="retailer")
    return {found["Key"] for page in pages for found in page.get("Contents", []) if "batch_date=" in found["Key"]}


def test_on_a_busy_object_store_spark_publishes_what_duckdb_publishes(server: Busy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_assets.settings.settings, "staging", tmp_path / "staging")
    days = write_days(tmp_path / "lake", 2)
    there = Warehouse("s3://retailer/warehouse", str(tmp_path / "lake"), str(tmp_path / "there"), str(tmp_path / "models there"), 5)
    found = []
    for engine, warehouse in (("duckdb", warehouse_in(tmp_path)), ("spark", there)):
        monkeypatch.setattr(batch_assets.settings.settings, "engine", engine)
        warehouse.keep_open()
        for name in ("shelf_counts", "shelf_kinds", "kind_counts"):
            publish(SHOP.table(name), warehouse, days, "run")
        warehouse.close()
        found.append(batches_of(warehouse))
    assert found[0] == found[1]
    assert server.refused > 3
    lay = names()

    def fails(*_: Any) -> None:
        raise StorageError("the network is gone")

    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.delta.tables.check_columns", fails)
        with pytest.raises(StorageError, match="the network is gone"):
            publish(SHOP.table("kind_counts"), there, days[:1], "run")
    assert names() == lay
    assert batches_of(there) == found[1]
