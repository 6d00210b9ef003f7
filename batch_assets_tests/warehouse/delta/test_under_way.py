"""Files that are written before a commit names them: they stay if one does, and are removed if none does, whoever was killed meanwhile."""

import fcntl
import pickle
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

import batch_assets.settings
from batch_assets.errors import StorageError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.delta.under_way import remove_leftovers, under_way

from ...conftest import DELTA_TABLES, warehouse_in
from ..things import DAY, put, seen


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for claims."""
    monkeypatch.setattr(batch_assets.settings.settings, "staging", tmp_path / "staging")
    return tmp_path / "staging"


@pytest.fixture
def tables(tmp_path: Path) -> Warehouse:
    """A warehouse with a batch of a table."""
    warehouse = warehouse_in(tmp_path, name=DELTA_TABLES)
    put(warehouse, 1, 2)
    return warehouse


def table_of(warehouse: Warehouse) -> str:
    return f"{warehouse.database}/predictions/things"


def files_of(warehouse: Warehouse) -> list[str]:
    return sorted(path.name for path in Path(table_of(warehouse)).glob("batch_date=*/*"))


def written(warehouse: Warehouse, publication: ExitStack) -> str:
    """Write a file as a worker does; return its name."""
    worker = pickle.loads(pickle.dumps(publication.enter_context(under_way(warehouse.database, table_of(warehouse), 0))))
    with worker.session() as connection:
        connection.execute(f"create view made as select date '{DAY}' as batch_date, 7::bigint as thing")
        path, size = worker.write(connection, "made", DAY, 1)
    assert (Path(table_of(warehouse)) / path).stat().st_size == size
    return str(path).rpartition("/")[2]


def test_what_no_commit_names_is_removed_in_the_end(tables: Warehouse, staging: Path) -> None:
    before = files_of(tables), seen(tables)
    with ExitStack() as publication:
        assert written(tables, publication) in files_of(tables)
        assert seen(tables) == before[1]
    assert (files_of(tables), seen(tables)) == before
    assert not list(staging.iterdir())


def abandoned(warehouse: Warehouse, staging: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Leave a file and a claim, as a process does that is killed."""
    with monkeypatch.context() as patch, ExitStack() as publication:
        patch.setattr("batch_assets.warehouse.delta.under_way._close", lambda *_: None)
        return written(warehouse, publication)


def test_whoever_opens_the_store_removes_what_a_killed_process_left(tables: Warehouse, staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files_of(tables)
    names = [abandoned(tables, staging, monkeypatch) for _ in range(2)]
    (claim, half) = staging.iterdir()
    half.rename(half.with_suffix(".left"))  # That one was killed while it removed files.
    assert set(names) < set(files_of(tables))
    with claim.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with tables.connect():
            pass
        assert (staging / claim.name).exists()
        assert len(files_of(tables)) == len(before) + 1
    with tables.connect():
        pass
    assert files_of(tables) == before
    assert not list(staging.iterdir())


def test_what_a_commit_has_named_stays_also_if_its_process_was_killed(tables: Warehouse, staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = abandoned(tables, staging, monkeypatch)
    log = Path(table_of(tables)) / "_delta_log"
    last = max(log.glob("*.json"))
    entry = last.read_text().replace(next(path for path in files_of(tables) if path != name), name)
    (log / f"{int(last.stem) + 1:020}.json").write_text(entry)
    with tables.connect():
        pass
    assert name in files_of(tables)
    assert not list(staging.iterdir())


def test_another_stores_claim_is_left_to_it(tables: Warehouse, staging: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    abandoned(tables, staging, monkeypatch)
    for other in (tmp_path / "other", f"{tables.database}_too"):
        remove_leftovers(str(other))
    assert len(list(staging.iterdir())) == 1


def test_a_worker_that_comes_too_late_takes_its_file_back(tables: Warehouse) -> None:
    before = files_of(tables)
    with under_way(tables.database, table_of(tables), 0) as worker:
        pass
    with worker.session() as connection:
        connection.execute(f"create view made as select date '{DAY}' as batch_date, 7::bigint as thing")
        with pytest.raises(StorageError, match=r"things: the process that asked for rows of 2017-01-01 has ended\."):
            worker.write(connection, "made", DAY, 1)
    assert files_of(tables) == before


def test_a_worker_whose_disk_is_full_tells_where(tables: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr("batch_assets.warehouse.delta.under_way.write", full)
    with pytest.raises(StorageError, match=r"predictions/things: No space left on device"), ExitStack() as publication:
        written(tables, publication)
