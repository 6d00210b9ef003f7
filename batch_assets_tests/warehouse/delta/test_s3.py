"""Delta tables on an object store, by a server of S3's protocol that answers 500 and 503 now and then: the same warehouse comes of it."""

from pathlib import Path

import boto3
import duckdb
import pytest

from batch_assets.errors import WarehouseError
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.erasure.person import Person, name
from batch_assets.warehouse.erasure.scan import in_files
from batch_assets.warehouse.publication import publish

from ...conftest import warehouse_in
from ...shop import PACKAGE
from ...shop_lake import write_days
from ..things import seen
from .busy import Busy, server
from .test_forgetting import VALUES, fill, forget

__all__ = ["server"]


def test_on_a_busy_object_store_the_same_is_published_as_in_a_file(server: Busy, tmp_path: Path) -> None:
    days = write_days(tmp_path / "lake", 3)
    there = Warehouse("s3://retailer/warehouse", str(tmp_path / "lake"), str(tmp_path / "there"), str(tmp_path / "models there"), 5)
    found = []
    for warehouse in (warehouse_in(tmp_path), there):
        warehouse.keep_open()
        for table in Graph(PACKAGE).in_order():
            publish(table, warehouse, days[:2], "run")
            publish(table, warehouse, days[1:], "run")
        warehouse.close()
        with warehouse.connect() as con:
            batches = con.con.execute("select asset, batch_date, content from quality.batches order by all").fetchall()
            found.append((batches, con.con.execute("from predictions.expected_counts order by all").fetchall()))
    assert found[0] == found[1]
    assert server.refused > 5


def test_what_was_replaced_is_forgotten_and_every_object_can_be_searched(server: Busy, tmp_path: Path) -> None:
    there = Warehouse("s3://retailer/erased", str(tmp_path / "lake"), str(tmp_path / "there"), str(tmp_path / "models"), 5)
    before = fill(there)
    assert forget(there) == {"predictions.things": 4, "quality.quarantine": 2}
    assert seen(there) == before
    client = boto3.client("s3")
    duckdb.sql("select 'Zoe' as given, 'Quux' as family").write_parquet(str(tmp_path / "packed.parquet"), compression="zstd")
    for key, content in (("plain.txt", b"x Zoe Quux"), ("packed.parquet", (tmp_path / "packed.parquet").read_bytes())):
        client.put_object(Bucket="retailer", Key=f"erased/{key}", Body=content)
    objects = list(there.store.objects())
    listed = client.list_objects_v2(Bucket="retailer", Prefix="erased/")["Contents"]
    assert sorted((str(each), each.size) for each in objects) == sorted((f"s3://retailer/{one['Key']}", one["Size"]) for one in listed)
    assert [str(each) for each in objects if str(each).endswith(".json") and VALUES in each.open().read()] == []
    scanned = in_files(objects, Person((name("zoe", "quux"),), ()))
    assert sorted(map(str, scanned.found)) == [f"{there.database}/packed.parquet", f"{there.database}/plain.txt"]


@pytest.mark.parametrize("location", ["gs://retailer/warehouse", "file:///tmp/warehouse"])
def test_another_kind_of_store_is_refused(location: str, tmp_path: Path) -> None:
    folder = str(tmp_path)
    with (
        pytest.raises(WarehouseError, match=f"{location}: a warehouse of Delta tables is a folder, or its URL begins with s3://"),
        Warehouse(location, folder, folder, folder, 5).connect(),
    ):
        pass
