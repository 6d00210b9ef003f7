"""Batches that a real cluster makes and writes into Delta tables: what DuckDB makes, whole or not at all, whoever is killed and whatever disk is full."""

import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import batch_assets.engine.spark.session
from batch_assets.errors import StorageError
from batch_assets.settings import settings
from batch_assets.table.model import Version
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ....conftest import DELTA_TABLES, copied, warehouse_in
from ....shop_lake import day_of, write_days
from ...conftest import SHOP, like
from .conftest import skip_or_fail
from .processes import Cluster

DAYS = [day_of(number) for number in range(4)]
_SECONDS = 90


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, started once."""
    skip_or_fail()
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def driver(cluster: Cluster) -> Iterator[ProcessPoolExecutor]:
    """A process that publishes on the cluster: a process has one session with Spark, and this one may have another already."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), on_spark, (cluster.address, str(cluster.folder / "staging"))) as process:
        yield process
        process.submit(end).result(_SECONDS)


@pytest.fixture(scope="module")
def by_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """What DuckDB makes, in Delta tables."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("by_duckdb"), name=DELTA_TABLES)
    write_days(Path(warehouse.lake), len(DAYS))
    for table in SHOP.in_order():
        publish(table, warehouse, DAYS[2:] if table.layer == "predictions" else DAYS, "run")
    return warehouse


def on_spark(address: str, staging: str) -> None:
    """Let this process make rows on a cluster."""
    settings.engine, settings.spark, settings.staging = "spark", address, Path(staging)
    batch_assets.engine.spark.session.RETRIES = 3


def end() -> None:
    """End the session: a client whose server is gone would wait for it."""
    from batch_assets.engine.spark.session import session

    session().stop()


def publish_all(folder: str) -> None:
    """Publish a day of every table anew, and a range of one."""
    warehouse = warehouse_in(Path(folder), name=DELTA_TABLES)
    for table in SHOP.in_order():
        publish(table, warehouse, DAYS[2:3], "again")
    publish(SHOP.table("recent_counts"), warehouse, DAYS[1:], "again")


def publish_again(folder: str) -> None:
    """Publish a day anew."""
    publish(SHOP.table("kind_counts"), warehouse_in(Path(folder), name=DELTA_TABLES), DAYS[2:3], "again")


def publish_held(folder: str) -> None:
    """Publish a day anew, of which workers make the rows when they may."""
    publish(held(folder), warehouse_in(Path(folder), name=DELTA_TABLES), DAYS[2:3], "again")


def held(folder: str) -> Table:
    """Return the predictions, of which a worker tells that it begins, and then waits until it may go on."""
    made = SHOP.table("expected_counts").function

    def waiting(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        begun = Path(folder, "begun")
        if not begun.exists():
            begun.with_suffix(".written").write_text(os.getcwd())  # noqa: PTH109 - the path of an executor's folder has the worker's name
            begun.with_suffix(".written").replace(begun)
        while not Path(folder, "go").exists():
            time.sleep(0.05)
        Path(folder, "gone").touch()
        return made(rows=rows, mean_model=mean_model)

    return like("expected_counts", waiting)


def shares_of(files: list[str]) -> list[int]:
    """Return how many rows of Parquet files each task gets."""
    from batch_assets.engine.spark.session import session

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict({"rows": pa.array([sum(rows.num_rows for rows in batches)], pa.int64())})

    return sorted(session().read.parquet(*files).mapInArrow(count, "rows bigint").toArrow()["rows"].to_pylist())


def batches_of(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    """Return what is published, what was rejected, and who has published."""
    with warehouse.connect() as con:
        batches = "select asset, batch_date, content, rows_kept, rows_rejected, inputs from quality.batches order by all"
        runs = "select asset, batch_date, run_id from quality.batches order by all"
        return [con.con.execute(query).fetchall() for query in (batches, "from quality.quarantine order by all", runs)]


def files_of(warehouse: Warehouse) -> set[Path]:
    """Return the files of rows that lie in the store."""
    return set(Path(warehouse.database).glob("*/*/batch_date=*/*"))


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_cluster_publishes_what_duckdb_publishes(driver: ProcessPoolExecutor, by_duckdb: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(by_duckdb, tmp_path, name=DELTA_TABLES)
    before = batches_of(warehouse)
    driver.submit(publish_all, str(tmp_path)).result(3 * _SECONDS)
    now = batches_of(warehouse)
    assert now[:2] == before[:2]
    assert {(asset, day) for asset, day, run in now[2] if run == "again"} == {
        *((table.asset, DAYS[2]) for table in SHOP.in_order()),
        *(("features.recent_counts", day) for day in DAYS[1:]),
    }


def test_a_day_of_a_few_megabytes_is_shared_out_evenly(driver: ProcessPoolExecutor, tmp_path: Path) -> None:
    """A day's raw rows are in one file, beside which there is one without rows, since Spark knows the columns of none."""
    rows = pa.table({"number": np.random.default_rng(1).integers(0, 1 << 62, 1_000_000)})
    pq.write_table(rows.slice(0, 0), tmp_path / "nothing")
    pq.write_table(rows, tmp_path / "rows", row_group_size=50_000)
    less, more = driver.submit(shares_of, [str(tmp_path / "nothing"), str(tmp_path / "rows")]).result(_SECONDS)
    assert less + more == len(rows)
    assert more / less < 1.5


def test_a_worker_that_is_killed_in_the_middle_is_replaced(cluster: Cluster, driver: ProcessPoolExecutor, by_duckdb: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(by_duckdb, tmp_path, name=DELTA_TABLES)
    before, lay = batches_of(warehouse), files_of(warehouse)
    publication = driver.submit(publish_held, str(tmp_path))
    until((tmp_path / "begun").exists)
    worker = next(name for name in cluster.workers if name in (tmp_path / "begun").read_text())
    cluster.kill(worker)
    (tmp_path / "go").touch()
    publication.result(2 * _SECONDS)
    cluster.start_worker(worker)
    now = batches_of(warehouse)
    assert now[:2] == before[:2]
    assert [row for row in now[2] if row[2] == "again"] == [("predictions.expected_counts", DAYS[2], "again")]
    new = {path.parent.name for path in files_of(warehouse) - lay}
    assert new == {f"batch_date={DAYS[2]}"}
    assert not list((cluster.folder / "staging").iterdir())


def test_a_driver_that_is_killed_has_published_nothing_and_what_its_workers_still_write_goes(cluster: Cluster, by_duckdb: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(by_duckdb, tmp_path, name=DELTA_TABLES)
    before, lay = batches_of(warehouse), files_of(warehouse)
    process = multiprocessing.get_context("spawn").Process(target=killed, args=(cluster.address, str(cluster.folder / "staging"), str(tmp_path)))
    process.start()
    until((tmp_path / "begun").exists)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert len(list((cluster.folder / "staging").glob("*.writing"))) == 1
    settings_before, settings.staging = settings.staging, cluster.folder / "staging"
    try:
        assert batches_of(warehouse) == before
    finally:
        settings.staging = settings_before
    assert not list((cluster.folder / "staging").glob("*.writing"))
    (tmp_path / "go").touch()
    until((tmp_path / "gone").exists)
    until(lambda: "failed 2 times; aborting job" in cluster.log("connect"))
    assert files_of(warehouse) == lay


def killed(address: str, staging: str, folder: str) -> None:
    """Publish on a cluster, in a process that will be killed."""
    on_spark(address, staging)
    publish_held(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no worker met a full disk: a small one cannot be mounted ({mounted.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_workers_whose_disk_is_full_change_nothing(driver: ProcessPoolExecutor, by_duckdb: Warehouse, small_disk: Path) -> None:
    warehouse = copied(by_duckdb, small_disk, name=DELTA_TABLES)
    before, lay = batches_of(warehouse), files_of(warehouse)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(1 << 20))
    with pytest.raises(StorageError, match=r"marts\.kind_counts, 2017-01-03: Spark's workers: .*StorageError: .*marts/kind_counts: .*No space left"):
        driver.submit(publish_again, str(small_disk)).result(_SECONDS)
    assert files_of(warehouse) == lay
    filler.unlink()
    assert batches_of(warehouse) == before
    driver.submit(publish_again, str(small_disk)).result(_SECONDS)
    assert batches_of(warehouse)[:2] == before[:2]


def test_a_server_that_is_killed_changes_nothing(cluster: Cluster, driver: ProcessPoolExecutor, by_duckdb: Warehouse, tmp_path: Path) -> None:
    """The last test, since there is no server after it."""
    warehouse = copied(by_duckdb, tmp_path, name=DELTA_TABLES)
    before, lay = batches_of(warehouse), files_of(warehouse)
    publication = driver.submit(publish_held, str(tmp_path))
    until((tmp_path / "begun").exists)
    cluster.kill("connect")
    (tmp_path / "go").touch()
    with pytest.raises(StorageError, match=r"predictions\.expected_counts, 2017-01-03: Spark cannot be reached any more"):
        publication.result(_SECONDS)
    assert (batches_of(warehouse), files_of(warehouse)) == (before, lay)
