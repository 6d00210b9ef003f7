"""Faults, one at a time: kill -9 before the k-th thing that is written to the disk, by DuckDB, the file system or delta-rs, or a failure after it.

delta-rs does not survive a fork of the process that has used it, so each state is made in a child of a server that has not, and read here.
"""

import itertools
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from batch_assets.errors import StorageError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.delta.session import open_session

from ...conftest import DELTA_TABLES, warehouse_in
from ..faults import ON_FILES, Failing
from ..things import DAY, NEXT, assert_files_are_whole, assert_one_story, put, seen

MOST_STEPS = 60
_OF_DELTA = ("create", "create_write_transaction", "update_incremental")


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


def publish_until(folder: str, at: int, kills: bool) -> None:
    """Publish two days anew; before the k-th step the process is killed, or after it the step fails."""
    numbers = itertools.count(1)

    def step(error: type[Exception]) -> None:
        if next(numbers) == at:
            if kills:
                os.kill(os.getpid(), signal.SIGKILL)
            raise error("No space left on device")

    def around(function: Callable[..., Any], error: type[Exception]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if kills:
                step(error)
            done = function(*args, **kwargs)
            if not kills:
                step(error)
            return done

        return counted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("batch_assets.warehouse.delta.tables.open_session", lambda location: Writing(open_session(location), lambda: step(StorageError)))
        for owner, name in [*ON_FILES, *((DeltaTable, name) for name in _OF_DELTA)]:
            patch.setattr(owner, name, around(getattr(owner, name), OSError))
        put(warehouse_in(Path(folder), name=DELTA_TABLES), 3, 13, days=(DAY, NEXT))
    os._exit(0 if next(numbers) <= at else 4)


@pytest.mark.parametrize("kills", [True, False], ids=["kill", "fail"])
def test_a_fault_at_any_step_leaves_the_previous_batches_or_the_new(tmp_path: Path, kills: bool) -> None:
    put(warehouse_in(tmp_path / "before", name=DELTA_TABLES), 1, 2, 13)
    before = seen(warehouse_in(tmp_path / "before", name=DELTA_TABLES))
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    found: list[str] = []
    for at in range(1, MOST_STEPS):
        shutil.copytree(tmp_path / "before", tmp_path / str(at))
        child = server.Process(target=publish_until, args=(str(tmp_path / str(at)), at, kills))
        child.start()
        child.join(60)
        warehouse = warehouse_in(tmp_path / str(at), name=DELTA_TABLES)
        assert_files_are_whole(warehouse)
        assert_one_story(warehouse)
        found.append(state(warehouse, before))
        if child.exitcode == 0:
            break
        assert child.exitcode in ((-signal.SIGKILL,) if kills else (1, 4)), f"step {at}"
    else:
        raise AssertionError(f"it takes more than {MOST_STEPS} steps")
    assert set(found) == {"previous", "new"}
    if kills:
        assert found == sorted(found, reverse=True)
        assert found.count("previous") > 8
    put(warehouse, 4)
    assert_one_story(warehouse)


def state(warehouse: Warehouse, before: dict[str, Any]) -> str:
    """Say which publication is there, whole: with its rows, its record and its rejects."""
    now = seen(warehouse)
    kept, rejected = [row[1] for row in now["predictions.things"]], len(now["quality.quarantine"])
    if now == before:
        return "previous"
    return "new" if (kept, rejected, len(now["quality.ledger"])) == ([3, 3], 2, 3) else "neither"


def publish_on_a_full_disk(folder: str) -> None:
    """Publish when a file may have so many bytes: fewer than the commit has, and more than its rows."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
    with pytest.raises(StorageError, match=r"things: .*File too large") as told:
        put(warehouse_in(Path(folder), name=DELTA_TABLES), 3)
    assert not {"\n", "\x1b"} & set(str(told.value))


def test_a_disk_that_is_full_changes_nothing(tmp_path: Path) -> None:
    put(warehouse_in(tmp_path, name=DELTA_TABLES), 1, 2)
    before = seen(warehouse_in(tmp_path, name=DELTA_TABLES))
    child = multiprocessing.get_context("forkserver").Process(target=publish_on_a_full_disk, args=(str(tmp_path),))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert seen(warehouse_in(tmp_path, name=DELTA_TABLES)) == before
