"""A warehouse touches no published file of another: it is refused beside the other's folder, and says what to do."""

import shutil
from pathlib import Path

import duckdb
import pytest

from batch_assets.errors import WarehouseError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.owner import OWNER

from ..conftest import warehouse_in
from .faults import Act, fail, kill, states_after
from .things import A_FILE, DAY, LAST, NEXT, assert_one_story, put, rows_of


def at(warehouse: Warehouse, database: str) -> Warehouse:
    """Return a warehouse at another path, with the same folders."""
    return Warehouse(str(Path(warehouse.database).with_name(database)), warehouse.lake, warehouse.published, warehouse.models, warehouse.lock_timeout)


def files(warehouse: Warehouse) -> dict[str, bytes]:
    """Return everything in the folder of published files."""
    root = Path(warehouse.published)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def is_refused(warehouse: Warehouse) -> bool:
    """Say whether a warehouse is refused for the files beside it, in one line that says what to do, and without touching them."""
    before = files(warehouse)
    with pytest.raises(WarehouseError) as refused, warehouse.connect():
        pass
    assert str(refused.value) == (
        f"{warehouse.published}: holds files that the warehouse {warehouse.database} did not publish. Are the settings warehouse and published right? "
        "To start with a new warehouse, move this folder away first: files that are not in the ledger would be removed from it."
    )
    return files(warehouse) == before


def kept(store: Path, to: Path) -> Path:
    """Copy a store, as its backup is."""
    return Path(shutil.copytree(store, to) if store.is_dir() else shutil.copyfile(store, to))


def removed(store: Path) -> None:
    """Remove a store."""
    shutil.rmtree(store) if store.is_dir() else store.unlink()


@pytest.mark.parametrize("is_claimed", [True, False])
def test_a_mistyped_path_touches_nothing(warehouse: Warehouse, is_claimed: bool) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    other = at(warehouse, "other.duckdb")
    if not is_claimed:
        (Path(warehouse.published) / OWNER).unlink()
    assert is_refused(at(warehouse, "mistyped.duckdb"))
    other.published += "_of_another"
    put(other, 5, days=(DAY, LAST))
    other.published = warehouse.published
    assert is_refused(other)
    assert_one_story(warehouse)


def test_who_deleted_the_warehouse_and_starts_anew_moves_the_folder_away(warehouse: Warehouse) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    removed(Path(warehouse.database))
    assert is_refused(warehouse)
    shutil.move(warehouse.published, f"{warehouse.published}_before")
    put(warehouse, 2, days=(NEXT,))
    assert_one_story(warehouse)
    assert rows_of(Path(f"{warehouse.published}_before") / "things" / f"{DAY}.parquet") == [(DAY, 1)]


@pytest.mark.parametrize("is_claimed", [True, False])
def test_an_older_warehouse_that_was_restored_has_its_files_again(warehouse: Warehouse, is_claimed: bool) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    store = Path(warehouse.database)
    backup = kept(store, store.with_name("backup"))
    put(warehouse, 2, days=(NEXT, LAST))
    removed(store)
    kept(backup, store)
    if not is_claimed:
        (Path(warehouse.published) / OWNER).unlink()
    assert_one_story(warehouse)
    assert rows_of(Path(warehouse.published) / "latest" / "things.parquet") == [(NEXT, 1)]
    put(warehouse, 3, days=(LAST,))
    assert_one_story(warehouse)


@A_FILE
def test_a_backup_from_before_there_were_identities_has_that_of_its_warehouse(warehouse: Warehouse) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    with duckdb.connect(warehouse.database) as older:
        older.execute("drop table quality.identity; update quality.warehouse set schema_version = 4")
    backup = shutil.copyfile(warehouse.database, f"{warehouse.database}.backup")
    (Path(warehouse.published) / OWNER).unlink()
    put(warehouse, 2, days=(DAY,))
    shutil.copyfile(backup, warehouse.database)
    assert_one_story(warehouse)


def test_a_folder_of_somebody_else_is_not_taken_for_published_files(warehouse: Warehouse) -> None:
    raw = Path(warehouse.published) / "stock" / "2017-01-01.parquet"
    raw.parent.mkdir(parents=True)
    duckdb.sql("select 1 as units").write_parquet(str(raw))
    assert is_refused(warehouse)
    raw.rename(Path(warehouse.published) / "stock" / "all.parquet")
    put(warehouse, 1)
    assert (Path(warehouse.published) / "stock" / "all.parquet").exists()


def test_both_may_be_moved_together(tmp_path: Path) -> None:
    put(warehouse_in(tmp_path / "here"), 1, days=(DAY, NEXT))
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    put(warehouse_in(tmp_path / "there"), 2, days=(NEXT,))
    for folder in ("here", "there"):
        assert_one_story(warehouse_in(tmp_path / folder))


@pytest.mark.parametrize("act", [fail, kill])
def test_a_claim_that_was_not_finished_is_made_again(tmp_path: Path, act: Act) -> None:
    put(warehouse_in(tmp_path / "before"), 1, days=(DAY, NEXT))
    (tmp_path / "before" / "published" / OWNER).unlink()

    def opens(warehouse: Warehouse) -> bool:
        with warehouse.connect():
            return True

    for warehouse in states_after(tmp_path / "before", tmp_path, act, opens):
        with warehouse.connect():
            pass
        (Path(warehouse.published) / f"{OWNER}.unfinished").unlink(missing_ok=True)
        assert_one_story(warehouse)
