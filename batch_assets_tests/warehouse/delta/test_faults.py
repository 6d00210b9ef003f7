"""Faults, one at a time: kill -9 before the k-th thing that is written to the disk, by DuckDB, the file system or delta-rs, or a failure after it.

A kill is a copy of the folder (`../faults.py`), but for the real ones at the commit. delta-rs does not survive a fork of the process that has used it, so
their process comes from a server that has not.
"""

import itertools
import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from batch_assets.errors import StorageError
from batch_assets.warehouse.delta.session import open_session

from ...conftest import DELTA_TABLES, warehouse_in
from ..faults import ON_FILES, Act, Failing, copies_before_each_step, kill
from ..things import DAY, NEXT, assert_files_are_whole, assert_one_story, put, seen
from .test_forgetting import fill, forget, quoting

MOST_STEPS = 60
_OF_DELTA = ((DeltaTable, "create"), (DeltaTable, "create_write_transaction"), (DeltaTable, "update_incremental"))
_OF_UPKEEP = ((DeltaTable, "delete"), (DeltaTable, "create_checkpoint"), (DeltaStorageHandler, "delete_file"))


class Writing(Failing):
    """A session's connection that tells of each file that it writes; its other statements leave nothing."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name != "execute":
            return found

        def told(query: str, *args: Any) -> Any:
            if query.startswith("copy "):
                self._statement()
            return found(query, *args)

        return told

    def cursor(self) -> "Writing":
        """Return a cursor whose files are told of, too."""
        return Writing(self._real.cursor(), self._statement)


def at_each_step(patch: pytest.MonkeyPatch, step: Act, *, after: bool = False) -> None:
    """Let `step` happen before each thing that is written, or after it."""

    def around(function: Callable[..., Any], error: type[Exception]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            if not after:
                step(error)
            done = function(*args, **kwargs)
            if after:
                step(error)
            return done

        return stepped

    patch.setattr("batch_assets.warehouse.delta.tables.open_session", lambda location: Writing(open_session(location), lambda: step(StorageError)))
    for owner, name in [*ON_FILES, *_OF_DELTA, *_OF_UPKEEP]:
        patch.setattr(owner, name, around(getattr(owner, name), OSError))


def publishes(folder: Path) -> None:
    """Publish two days anew."""
    put(warehouse_in(folder, name=DELTA_TABLES), 3, 13, days=(DAY, NEXT))


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A store with a batch."""
    put(warehouse_in(tmp_path / "before", name=DELTA_TABLES), 1, 2, 13)
    return tmp_path / "before"


def test_killed_before_any_step_the_previous_batches_are_there_or_the_new(before: Path, tmp_path: Path) -> None:
    was, working = seen(warehouse_in(before, name=DELTA_TABLES)), tmp_path / "working"
    shutil.copytree(before, working)
    found = [state(folder, was) for folder in copies_before_each_step(working, tmp_path / "copies", at_each_step, lambda: publishes(working))]
    assert set(found) == {"previous", "new"}
    assert found == sorted(found, reverse=True)
    assert found.count("previous") > 8


def test_a_failure_after_any_step_leaves_the_previous_batches_or_the_new(before: Path, tmp_path: Path) -> None:
    was, found, happened = seen(warehouse_in(before, name=DELTA_TABLES)), list[str](), True
    for at in range(1, MOST_STEPS):
        shutil.copytree(before, tmp_path / str(at))
        happened, numbers = False, itertools.count(1)

        def fail(error: type[Exception], at: int = at, numbers: Iterator[int] = numbers) -> None:
            nonlocal happened
            if next(numbers) == at:
                happened = True
                raise error("No space left on device")

        with pytest.MonkeyPatch.context() as patch, suppress(OSError, StorageError):
            at_each_step(patch, fail, after=True)
            publishes(tmp_path / str(at))
        found.append(state(tmp_path / str(at), was))
        if not happened:
            break
    assert not happened, f"it takes more than {MOST_STEPS} steps"
    assert set(found) == {"previous", "new"}


def state(folder: Path, before: dict[str, Any]) -> str:
    """Say which publication is there, whole: with its rows, its record and its rejects."""
    warehouse = warehouse_in(folder, name=DELTA_TABLES)
    assert_files_are_whole(warehouse)
    assert_one_story(warehouse)
    now = seen(warehouse)
    kept, rejected = [row[1] for row in now["predictions.things"]], len(now["quality.quarantine"])
    if now == before:
        return "previous"
    return "new" if (kept, rejected, len(now["quality.ledger"])) == ([3, 3], 2, 3) else "neither"


def kill_at_the_commit(folder: str, after: bool) -> None:
    """Publish two days anew; the process is killed before they are committed, or when they are."""
    commit = DeltaTable.create_write_transaction

    def killed(table: DeltaTable, *args: Any, **kwargs: Any) -> None:
        is_last = "predictions" in table.table_uri
        if after or not is_last:
            commit(table, *args, **kwargs)
        if is_last:
            kill(OSError)

    pytest.MonkeyPatch().setattr(DeltaTable, "create_write_transaction", killed)
    publishes(Path(folder))


def in_another_process(act: Callable[..., None], *args: Any) -> int | None:
    """Run in a process of a server that has not used delta-rs; return how it ended."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    child = server.Process(target=act, args=args)
    child.start()
    child.join(60)
    return child.exitcode


@pytest.mark.parametrize(("after", "left"), [(False, "previous"), (True, "new")], ids=["before", "after"])
def test_killed_at_the_commit_the_same_is_there_as_in_a_copy_of_that_moment(before: Path, after: bool, left: str) -> None:
    was = seen(warehouse_in(before, name=DELTA_TABLES))
    assert in_another_process(kill_at_the_commit, str(before), after) == -signal.SIGKILL
    assert state(before, was) == left
    put(warehouse := warehouse_in(before, name=DELTA_TABLES), 4)
    assert_one_story(warehouse)


def test_whoever_is_killed_while_it_forgets_what_was_replaced_changes_nothing_and_the_next_goes_on(tmp_path: Path) -> None:
    warehouse = warehouse_in(tmp_path / "working", name=DELTA_TABLES)
    was, left = fill(warehouse), list[int]()
    for folder in copies_before_each_step(tmp_path / "working", tmp_path / "copies", at_each_step, lambda: forget(warehouse)):
        there = warehouse_in(folder, name=DELTA_TABLES)
        assert seen(there) == was
        left.append(sum(forget(there).values()))
        assert quoting(Path(there.database) / "predictions" / "things" / "_delta_log") == [f"{5:020}.checkpoint.parquet"]
        assert seen(there) == was
        assert forget(there) == {}
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (6, 0)


def publish_on_a_full_disk(folder: str) -> None:
    """Publish when a file may have so many bytes: fewer than the commit has, and more than its rows."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
    with pytest.raises(StorageError, match=r"things: .*File too large") as told:
        put(warehouse_in(Path(folder), name=DELTA_TABLES), 3)
    assert not {"\n", "\x1b"} & set(str(told.value))


def test_a_disk_that_is_full_changes_nothing(before: Path) -> None:
    was = seen(warehouse_in(before, name=DELTA_TABLES))
    assert in_another_process(publish_on_a_full_disk, str(before)) == 0
    assert seen(warehouse_in(before, name=DELTA_TABLES)) == was
