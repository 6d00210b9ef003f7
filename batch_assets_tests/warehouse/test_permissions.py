"""What is written can be read by its owner alone, also while the warehouse is open, whatever the process's umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_assets.table.graph import Graph
from batch_assets.warehouse.permissions import make_folder
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..shop import PACKAGE
from ..shop_lake import write_days
from .things import STORES


@pytest.fixture
def open_handed() -> Iterator[None]:
    """Be a process that lets everyone read what it writes."""
    before = os.umask(0)
    yield
    os.umask(before)


def readable_by_others(root: Path) -> list[str]:
    """Return the files that others reach: they and every folder above them, up to a root that is open to all, let them."""
    root.chmod(0o755)

    def is_open(path: Path) -> bool:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)

    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and all(map(is_open, [path, *path.parents[: len(path.relative_to(root).parts) - 1]]))
    ]


@pytest.mark.usefixtures("open_handed")
@pytest.mark.parametrize("store", STORES)
def test_nobody_else_can_read_what_is_published(tmp_path: Path, store: str) -> None:
    warehouse = warehouse_in(tmp_path / "data", name=store)
    (tmp_path / "data").mkdir()
    days = write_days(Path(warehouse.lake), 2)
    for table in Graph(PACKAGE).in_order():
        publish(table, warehouse, days, "run")
    assert {path.split("/")[1] for path in readable_by_others(tmp_path)} == {"lake"}
    assert len(list(Path(warehouse.published).rglob("*.parquet"))) == 3
    assert list(Path(warehouse.models).rglob("*.json"))
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"lake", "models", "published", store}


@pytest.mark.usefixtures("open_handed")
def test_nobody_else_can_read_the_log_of_a_duckdb_file(tmp_path: Path) -> None:
    warehouse = warehouse_in(tmp_path / "data")
    (tmp_path / "data").mkdir()
    write_days(Path(warehouse.lake), 1)
    with warehouse.connect() as con:
        con.con.execute("create table first as select 1")
        assert Path(f"{warehouse.database}.wal").stat().st_size
        assert readable_by_others(tmp_path) == [str(path.relative_to(tmp_path)) for path in Path(warehouse.lake).rglob("*") if path.is_file()]
        con.con.execute("checkpoint")
    with warehouse.connect() as con:
        con.con.execute("create table second as select 1")
        assert f"data/{Path(warehouse.database).name}.wal" not in readable_by_others(tmp_path)


@pytest.mark.usefixtures("open_handed")
def test_a_folder_is_made_with_those_above_it_for_its_owner_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o775)
    make_folder(tmp_path / "shared" / "a" / "b")
    make_folder(tmp_path / "shared")
    assert [stat.S_IMODE((tmp_path / part).stat().st_mode) for part in ("shared", "shared/a", "shared/a/b")] == [0o775, 0o700, 0o700]
