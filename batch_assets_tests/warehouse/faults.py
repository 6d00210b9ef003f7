"""Faults, one at a time: a failure, or kill -9, at the k-th thing that is asked of DuckDB or of the file system.

What a process leaves that is killed is what is on the disk at that moment. So in the place of being killed before each step, it copies its folder; that
both are the same is tested where most depends on it, at the commit.
"""

import itertools
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import batch_assets.warehouse.duckdb_file
from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in

_STATEMENTS = ("execute", "executemany", "begin", "commit", "sql")
ON_FILES = ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (shutil, "copyfile"))

MOST_STEPS = 300
FAILED = 3
"""The exit code of a child process that raised an error."""
DONE_ALL_THE_SAME = 4
"""The exit code of a child process that the fault did not keep from anything."""

Act = Callable[[type[Exception]], None]
"""What happens in the place of a statement or a file operation; it is told with which error a full disk would end that."""


class Failing:
    """A DuckDB connection that tells of each statement of it and its cursors before it runs."""

    def __init__(self, real: duckdb.DuckDBPyConnection, statement: Callable[[], None]) -> None:
        self._real, self._statement = real, statement

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in _STATEMENTS:
            return found

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._statement()
            return found(*args, **kwargs)

        return counted

    def cursor(self) -> "Failing":
        """Return a cursor whose statements count, too."""
        return Failing(self._real.cursor(), self._statement)


def fail_at(patch: pytest.MonkeyPatch, at: int, act: Act) -> list[type[Exception]]:
    """Let `act` happen at the k-th step, from 1; return a list that has an element as soon as it has happened."""
    numbers, happened = itertools.count(1), list[type[Exception]]()

    def step(error: type[Exception]) -> None:
        if next(numbers) == at:
            happened.append(error)
            act(error)

    before_each_step(patch, step)
    return happened


def before_each_step(patch: pytest.MonkeyPatch, step: Act) -> None:
    """Let `step` happen before each statement and file operation; of a copy, when half of it is done."""
    opened = batch_assets.warehouse.duckdb_file._open

    def before(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            step(OSError)
            return function(*args, **kwargs)

        return counted

    def copy_half(source: Path | str, target: Path | str, **_: Any) -> None:
        whole = Path(source).read_bytes()
        Path(target).write_bytes(whole[: len(whole) // 2])
        step(OSError)
        Path(target).write_bytes(whole)

    patch.setattr(batch_assets.warehouse.duckdb_file, "_open", lambda database: Failing(opened(database), lambda: step(duckdb.IOException)))
    for owner, name in ON_FILES:
        patch.setattr(owner, name, copy_half if name == "copyfile" else before(getattr(owner, name)))


def copies_before_each_step(folder: Path, to: Path, each_step: Callable[[pytest.MonkeyPatch, Act], None], do: Callable[[], object]) -> Iterator[Path]:
    """Do something to a folder that is copied before each step, and yield the copies, and last the folder itself.

    Args:
        folder: the folder.
        to: where the copies are made.
        each_step: lets something happen before each step.
        do: what is done.
    """
    copies, is_copying = list[Path](), False

    def copy(_: type[Exception]) -> None:
        nonlocal is_copying
        if not is_copying:
            is_copying = True
            copies.append(Path(shutil.copytree(folder, to / f"before step {len(copies) + 1}")))
            is_copying = False

    with pytest.MonkeyPatch.context() as patch:
        each_step(patch, copy)
        do()
    for left in copies:
        yield left
        shutil.rmtree(left)
    yield folder


class FailingAfterCommit(Failing):
    """A DuckDB connection whose commits are on the disk when something happens."""

    def __init__(self, real: duckdb.DuckDBPyConnection, committed: Callable[[], None]) -> None:
        super().__init__(real, lambda: None)
        self._committed = committed

    def commit(self) -> None:
        """Commit; then that happens."""
        self._real.commit()
        self._committed()

    def cursor(self) -> "FailingAfterCommit":
        """Return a cursor whose commits count, too."""
        return FailingAfterCommit(self._real.cursor(), self._committed)


def fail_after_commit(patch: pytest.MonkeyPatch, act: Act, times: int = 1) -> None:
    """Let `act` happen when a commit is on the disk, so many times."""
    opened, numbers = batch_assets.warehouse.duckdb_file._open, itertools.count(1)

    def committed() -> None:
        if next(numbers) <= times:
            act(duckdb.IOException)

    patch.setattr(batch_assets.warehouse.duckdb_file, "_open", lambda database: FailingAfterCommit(opened(database), committed))


def fail(error: type[Exception]) -> None:
    """Fail as on a full disk."""
    raise error("No space left on device")


def kill(_: type[Exception]) -> None:
    """End the process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def states_after(template: Path, folder: Path, act: Act, do: Callable[[Warehouse], bool]) -> Iterator[Warehouse]:
    """Yield warehouses as a fault leaves them: at the first step of what is done to a copy of `template`, at the second, and so on.

    Args:
        template: the folder of a warehouse.
        folder: where the copies are made.
        act: the fault.
        do: what is done, in a process of its own; returns whether all of it could be done.
    """
    if act is kill:
        working = Path(shutil.copytree(template, folder / "working"))
        yield from map(warehouse_in, copies_before_each_step(working, folder, before_each_step, lambda: do(warehouse_in(working))))
        return
    for at in range(1, MOST_STEPS):
        shutil.copytree(template, folder / str(at))
        warehouse = warehouse_in(folder / str(at))

        def done(warehouse: Warehouse = warehouse, at: int = at) -> None:
            with pytest.MonkeyPatch.context() as patch:
                happened = fail_at(patch, at, act)
                assert do(warehouse)
            if happened:
                os._exit(DONE_ALL_THE_SAME)

        ended = in_child(done)
        yield warehouse
        if ended == 0:
            return
        assert ended in (FAILED, DONE_ALL_THE_SAME), f"step {at}"
    raise AssertionError(f"it takes more than {MOST_STEPS} steps")


def killed(template: Path, folder: Path, at: int, do: Callable[[Warehouse], object]) -> Warehouse:
    """Return a copy of a warehouse as a process leaves it that does something to it, and is killed before a step."""
    shutil.copytree(template, folder)

    def done() -> None:
        with pytest.MonkeyPatch.context() as patch:
            fail_at(patch, at, kill)
            do(warehouse_in(folder))

    assert in_child(done) == -signal.SIGKILL
    return warehouse_in(folder)


def in_child(act: Callable[[], None]) -> int:
    """Run in a forked process, and return how it ended: its exit code, or the signal as a negative number."""
    child = os.fork()
    if child == 0:
        try:
            act()
            os._exit(0)
        except BaseException:
            os._exit(FAILED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
