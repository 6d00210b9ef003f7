"""Reconcile: whatever a crash or a person left of the files, the next opening makes them what the ledger says, and tells it once."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from batch_assets.warehouse.connection import Warehouse

from ..conftest import DELTA_TABLES, DUCKDB_FILE, warehouse_in
from .faults import Act, fail, kill, states_after
from .things import DAY, LAST, NEXT, assert_one_story, by_hand, put, rows_of, seen, stamp


def opened(warehouse: Warehouse) -> list[str]:
    """Open a warehouse; return what it tells."""
    told: list[str] = []
    telling = Warehouse(warehouse.database, warehouse.lake, warehouse.published, warehouse.models, warehouse.lock_timeout, told.append)
    with telling.connect():
        return told


def puts_right(warehouse: Warehouse) -> bool:
    """Open a warehouse; return whether all of it could be put right."""
    return not any("he next run" in line for line in opened(warehouse))


def copied(source: str, target: str) -> Callable[[Path], None]:
    """Return what puts one published file into the place of another."""

    def copy(folder: Path) -> None:
        shutil.copyfile(folder / source, folder / target)

    return copy


def removed(name: str) -> Callable[[Path], None]:
    """Return what removes a published file or folder."""
    return lambda folder: shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()


def cut_off(name: str) -> Callable[[Path], None]:
    """Return what leaves the half of a file."""
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size // 2)


def left(*names: str) -> Callable[[Path], None]:
    """Return what leaves files that no ledger knows."""

    def leave(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"half a fi")

    return leave


def written_by_hand(folder: Path) -> None:
    """Replace a file by one with the same rows that does not say what it is."""
    path = folder / "things" / f"{DAY}.parquet"
    rows = duckdb.read_parquet(str(path)).to_arrow_table()
    path.unlink()
    duckdb.from_arrow(rows).write_parquet(str(path))


def staged_half(folder: Path) -> None:
    """Leave the half of the staged file of a batch, whose own file is gone."""
    path = folder / "things" / f"{DAY}.parquet"
    path.with_name(f".{DAY}.{stamp(path)[0]}.staged").write_bytes(path.read_bytes()[:100])
    path.unlink()


def an_older_publication(folder: Path) -> None:
    """Bring back the file of a batch as it was before it was published again."""
    shutil.copyfile(folder.parent / "older.parquet", folder / "things" / f"{DAY}.parquet")


DISORDER: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a batch's file removed": (removed(f"things/{DAY}.parquet"), [f"things/{DAY}.parquet: restored"]),
    "another batch's file": (copied(f"things/{NEXT}.parquet", f"things/{DAY}.parquet"), [f"things/{DAY}.parquet: restored"]),
    "an older publication": (an_older_publication, [f"things/{DAY}.parquet: restored"]),
    "cut off": (cut_off(f"things/{DAY}.parquet"), [f"things/{DAY}.parquet: restored"]),
    "written by hand": (written_by_hand, [f"things/{DAY}.parquet: restored"]),
    "half of it staged": (staged_half, [f"things/{DAY}.parquet: restored"]),
    "no latest": (removed("latest"), ["latest/things.parquet: restored"]),
    "an old latest": (copied(f"things/{DAY}.parquet", "latest/things.parquet"), ["latest/things.parquet: restored"]),
    "latest cut off": (cut_off("latest/things.parquet"), ["latest/things.parquet: restored"]),
    "a batch that never was": (left("things/2017-05-05.parquet"), ["things/2017-05-05.parquet: removed; the warehouse has no such batch."]),
    "another table": (left("others/2017-05-05.parquet"), ["others/2017-05-05.parquet: removed; the warehouse has no such batch."]),
    "another table's latest": (copied(f"things/{DAY}.parquet", "latest/others.parquet"), ["latest/others.parquet: removed; the warehouse has no batch"]),
    "staged files": (
        left(f"things/.{DAY}.77.staged", f"things/.{DAY}.staged", "latest/.things.77.staged"),
        [f"things/.{DAY}.77.staged: removed; a pub", f"things/.{DAY}.staged: removed; a pub", "latest/.things.77.staged: removed; a publication that was not"],
    ),
    "no folder of the table": (removed("things"), [f"things/{DAY}.parquet: restored", f"things/{NEXT}.parquet: restored"]),
    "no files at all": (removed(""), [f"things/{DAY}.parquet: restored", f"things/{NEXT}.parquet: restored", "latest/things.parquet: restored"]),
}


def two_batches(folder: Path, store: str = DUCKDB_FILE) -> Warehouse:
    """Return a warehouse with two batches, one of them published twice."""
    warehouse = warehouse_in(folder, name=store)
    put(warehouse, 5, days=(DAY,))
    shutil.copyfile(Path(warehouse.published) / "things" / f"{DAY}.parquet", folder / "older.parquet")
    put(warehouse, 1, 2, 13, days=(DAY, NEXT))
    return warehouse


IN_EITHER_STORE = ("an older publication", "a batch that never was", "no files at all")
"""Of those that are put right by the same code, whatever the store, one of each kind."""


@pytest.mark.parametrize(("name", "store"), [*((name, DUCKDB_FILE) for name in DISORDER), *((name, DELTA_TABLES) for name in IN_EITHER_STORE)])
def test_what_is_not_as_the_ledger_says_is_put_right_and_told(tmp_path: Path, name: str, store: str) -> None:
    warehouse = two_batches(tmp_path, store)
    before, (spoil, expected) = seen(warehouse), DISORDER[name]
    spoil(Path(warehouse.published))
    told = opened(warehouse)
    assert len(told) == len(expected)
    assert all(line.startswith(f"{warehouse.published}/{begin}") for line, begin in zip(sorted(told), sorted(expected), strict=True)), told
    assert opened(warehouse) == [], "one opening puts all of it right"
    assert_one_story(warehouse)
    now = seen(warehouse)
    assert now.keys() == before.keys()
    assert now["files"].keys() == before["files"].keys()


@pytest.mark.parametrize("act", [fail, kill])
def test_a_fault_at_any_step_of_putting_right_is_put_right_by_the_next_opening(tmp_path: Path, act: Act) -> None:
    warehouse = two_batches(tmp_path / "before")
    for name in ("another table", "another batch's file", "staged files", "latest cut off", "a batch that never was"):
        DISORDER[name][0](Path(warehouse.published))
    steps = 0
    for left_over in states_after(tmp_path / "before", tmp_path, act, puts_right):
        assert_one_story(left_over)
        steps += 1
    assert steps > 12


@pytest.mark.parametrize("act", [fail, kill])
def test_the_files_of_a_table_that_was_dropped_go_whatever_fails_meanwhile(tmp_path: Path, act: Act) -> None:
    warehouse = two_batches(tmp_path / "before")
    with warehouse.connect() as con:
        con.con.execute("drop table predictions.things")
    for left_over in states_after(tmp_path / "before", tmp_path, act, puts_right):
        opened(left_over)
        assert opened(left_over) == []
        assert [path for path in Path(left_over.published).rglob("*") if path.suffix in (".parquet", ".staged")] == []
        put(left_over, 3)
        assert rows_of(Path(left_over.published) / "latest" / "things.parquet") == [(DAY, 3)]
        with left_over.connect() as con:
            assert con.con.execute("from predictions.things_latest").fetchall() == [(DAY, 3)]


def test_the_newest_batch_may_be_empty(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2, days=(DAY,))
    put(warehouse, days=(LAST,))
    assert rows_of(Path(warehouse.published) / "latest" / "things.parquet") == []
    assert_one_story(warehouse)
    put(warehouse, 9, days=(NEXT,))
    assert_one_story(warehouse)
    (Path(warehouse.published) / "things" / f"{LAST}.parquet").unlink()
    assert_one_story(warehouse)


@pytest.mark.parametrize(
    "statement", ["delete from predictions.things where thing = 1", "delete from predictions.things", "update predictions.things set thing = thing + 1"]
)
def test_a_file_is_never_written_from_rows_that_were_changed_by_hand(warehouse: Warehouse, statement: str) -> None:
    put(warehouse, 1, 2, days=(DAY, NEXT))
    by_hand(warehouse, statement)
    assert opened(warehouse) == [], "what readers have is what was published"
    final = Path(warehouse.published) / "things" / f"{DAY}.parquet"
    final.unlink()
    for _ in range(2):
        (told,) = opened(warehouse)
        assert told.startswith(f"{final}: does not match the ledger, and cannot be written from the table, whose rows")
        assert not final.exists()
    put(warehouse, 4, days=(DAY, NEXT))
    assert_one_story(warehouse)


def test_of_a_table_that_was_dropped_and_made_anew_only_the_new_batches_are_there(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2, days=(DAY, LAST))
    by_hand(warehouse, "drop table predictions.things")
    put(warehouse, 5, days=(NEXT,))
    (folder,) = [path for path in Path(warehouse.published).iterdir() if path.name == "things"]
    assert [path.name for path in folder.iterdir()] == [f"{NEXT}.parquet"]
    assert_one_story(warehouse)
    put(warehouse, 6, days=(LAST,))
    assert_one_story(warehouse)


def test_what_is_in_the_way_is_told_each_time_until_it_is_gone(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    in_the_way = Path(warehouse.published) / "things" / "2017-05-05.parquet"
    in_the_way.mkdir()
    for _ in range(2):
        (told,) = opened(warehouse)
        assert told.startswith(f"{in_the_way}: cannot be removed (")
        assert told.endswith("but should be: the warehouse has no such batch. The next run tries again.")
    in_the_way.rmdir()
    assert_one_story(warehouse)


def test_a_file_of_somebody_else_stays(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    notes = [Path(warehouse.published) / name for name in ("notes.txt", "things/notes.parquet", "latest/mine.parquet", "mine/sales.parquet")]
    for note in notes:
        note.parent.mkdir(exist_ok=True)
        note.write_text("mine")
    assert opened(warehouse) == []
    assert all(note.read_text() == "mine" for note in notes)


def test_a_relative_path_and_another_working_folder_are_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    relative = Warehouse("warehouse.duckdb", "lake", "published", "models", 5)
    put(relative, 1)
    final = tmp_path / "published" / "things" / f"{DAY}.parquet"
    final.unlink()
    final.mkdir()
    assert put(relative, 2).unfinished
    final.rmdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert_one_story(warehouse_in(tmp_path))
    assert rows_of(final) == [(DAY, 2)]
    monkeypatch.chdir(tmp_path)
    assert_one_story(relative)
    assert list((tmp_path / "elsewhere").iterdir()) == []
