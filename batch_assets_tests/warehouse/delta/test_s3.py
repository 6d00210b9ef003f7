"""Delta tables on an object store, by a server of S3's protocol that answers 500 and 503 now and then: the same warehouse comes of it."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from batch_assets.errors import WarehouseError
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ...conftest import warehouse_in
from ...shop import PACKAGE
from ...shop_lake import write_days

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
EVERY = 9
"""One in so many requests is answered as by a server that has too much to do."""


class Busy:
    """A server that is busy now and then."""

    def __init__(self, app: App) -> None:
        self._app, self._numbers = app, itertools.count(1)
        self.refused = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        number = next(self._numbers)
        if number % EVERY:
            return self._app(environ, start)
        self.refused += 1
        start("503 Slow Down" if number % 2 else "500 Internal Server Error", [("Content-Length", "0")])
        return [b""]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    """A server with a bucket; the environment says where it is, as for every client of S3."""
    busy = Busy(DomainDispatcherApplication(create_backend_app))
    made = make_server("127.0.0.1", 0, busy, threaded=True)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{made.server_port}"),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="retailer")
    yield busy
    made.shutdown()


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


@pytest.mark.parametrize("location", ["gs://retailer/warehouse", "file:///tmp/warehouse"])
def test_another_kind_of_store_is_refused(location: str, tmp_path: Path) -> None:
    folder = str(tmp_path)
    with (
        pytest.raises(WarehouseError, match=f"{location}: a warehouse of Delta tables is a folder, or its URL begins with s3://"),
        Warehouse(location, folder, folder, folder, 5).connect(),
    ):
        pass
