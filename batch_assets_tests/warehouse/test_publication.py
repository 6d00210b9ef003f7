"""Publishing: a batch is published whole or not at all, whatever fails, and whenever the process is killed."""

import datetime as dt
import itertools
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pytest

import batch_assets.warehouse.connection
from batch_assets.engine.staging import Query
from batch_assets.errors import BreachError, WarehouseError
from batch_assets.table.contract import Contract, Field
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import Receipt, Target, publish

from ..conftest import warehouse_in

DAY, NEXT = dt.date(2017, 1, 1), dt.date(2017, 1, 2)


class Things(Contract):
    """Things of a day."""

    batch_date: ibis.expr.datatypes.Date = Field(description="day")
    thing: ibis.expr.datatypes.Int64 = Field(ge=0, description="a number")

    class Config:
        """One row per batch_date and thing."""

        unique = ["batch_date", "thing"]


def put(warehouse: Warehouse, *things: int | None, days: tuple[dt.date, ...] = (DAY,), of: dt.date | None = None, **receipt: Any) -> None:
    """Publish the same things for each day; a negative one is rejected."""
    rejected = "case when thing = 13 then 'bad' end as reject_reason"
    values = ", ".join(f"(date '{of or day}', {'null' if thing is None else thing})" for day in days for thing in things)
    query = f"select *, {rejected} from (values {values}) as given(batch_date, thing)"
    rows = Query(query, {"batch_date": "date", "thing": "bigint", "reject_reason": "varchar"})
    with warehouse.connect() as con:
        publish(
            con, Target("predictions", "things", Things, Path(warehouse.published)), rows, days, Receipt("run", "code", {day: {} for day in days}, **receipt)
        )


def seen(warehouse: Warehouse) -> dict[str, Any]:
    """Return all that a reader can see: rows, ledger, quarantine and the published files."""
    with warehouse.connect() as con:
        there = {name: sorted(con.con.execute(f"from {name}").fetchall(), key=str) for name in ("predictions.things", "quality.ledger", "quality.quarantine")}
    files = {str(f): f.read_bytes() for f in sorted(Path(warehouse.published).rglob("*.parquet"))}
    return there | {"files": files}


class Failing:
    """A DuckDB connection that does something else at the k-th statement of it and its cursors."""

    def __init__(self, real: duckdb.DuckDBPyConnection, statement: Callable[[], None]) -> None:
        self._real, self._statement = real, statement

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in ("execute", "executemany", "begin", "commit", "sql"):
            return found

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._statement()
            return found(*args, **kwargs)

        return counted

    def cursor(self) -> "Failing":
        """Return a cursor whose statements count, too."""
        return Failing(self._real.cursor(), self._statement)


def fail_at(patch: pytest.MonkeyPatch, at: int, act: Callable[[], None]) -> None:
    """Let the next connection's k-th statement, from 1, act before it runs."""
    opened, numbers = batch_assets.warehouse.connection._open, itertools.count(1)

    def statement() -> None:
        if next(numbers) == at:
            act()

    patch.setattr(batch_assets.warehouse.connection, "_open", lambda database: Failing(opened(database), statement))


def fail() -> None:
    """Fail as a full disk does."""
    raise duckdb.IOException("No space left on device")


def in_child(act: Callable[[], None]) -> int:
    """Run in a forked process, and return how it ended: its exit code, or the signal as a negative number."""
    child = os.fork()
    if child == 0:
        try:
            act()
            os._exit(0)
        except BaseException:
            os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_failure_at_any_statement_changes_nothing(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1, 2, 13)
    before = seen(warehouse)
    for at in range(1, 200):
        with monkeypatch.context() as patch:
            fail_at(patch, at, fail)
            try:
                put(warehouse, 3, 13, days=(DAY, NEXT))
            except (duckdb.IOException, BreachError):
                pass
            else:
                break
        now = seen_after(warehouse)
        assert now == before or len(now["quality.ledger"]) > 1, f"statement {at}"
    assert at > 15
    assert [row[1] for row in seen(warehouse)["predictions.things"]] == [3, 3]


def seen_after(warehouse: Warehouse) -> dict[str, Any]:
    """Return what readers see; if the new batches are committed, they are whole, files included."""
    now = seen(warehouse)
    if len(now["quality.ledger"]) > 1:
        assert [row[1] for row in now["predictions.things"]] == [3, 3]
        assert len(now["files"]) == 3
    return now


def test_kill_9_at_any_statement_leaves_a_whole_batch_and_the_next_run_succeeds(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1, 2, 13)
    before = seen(warehouse)

    def publish_until(at: int) -> None:
        fail_at(monkeypatch, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        put(warehouse, 3, days=(DAY, NEXT))

    for at in range(1, 200):
        ended = in_child(partial(publish_until, at))
        now = seen_after(warehouse)
        assert now == before or len(now["quality.ledger"]) > 1, f"statement {at}"
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    put(warehouse, 4)
    assert [row[1] for row in seen(warehouse)["predictions.things"]] == [4, 3]


def test_a_disk_that_is_full_changes_nothing(warehouse: Warehouse) -> None:
    import resource

    put(warehouse, 1, 2)
    before = seen(warehouse)

    def on_a_full_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with pytest.raises(duckdb.IOException, match=r"File too large|Could not write"):
            put(warehouse, *range(20, 20_000))

    assert in_child(on_a_full_disk) == 0
    assert seen(warehouse) == before


def test_what_was_committed_and_not_renamed_is_finished_by_the_next_process(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.publication.finish_files", lambda _: {})
        put(warehouse, 2)
    with warehouse.connect() as con:
        assert con.con.execute("from quality.pending_files").fetchall() == []
    for name in ("things/2017-01-01.parquet", "latest/things.parquet"):
        assert duckdb.read_parquet(str(Path(warehouse.published) / name)).fetchall() == [(DAY, 2)]


@pytest.mark.parametrize(
    ("things", "more", "told"),
    [
        ((5, None), {}, r"batch 2017-01-01 breaks the contract: .*thing"),
        ((5, -1), {}, r"batch 2017-01-01 breaks the contract: .*thing"),
        ((5, 5), {}, "batch 2017-01-01 breaks the contract"),
        ((5,), {"of": NEXT}, "rows of .* among the batches 2017-01-01"),
        ((5,), {"measures": {"thing": {DAY: 6}}}, "batch 2017-01-01: thing adds up to 5, .* to 6"),
    ],
)
def test_a_breach_is_told_and_keeps_the_batch_before_it(warehouse: Warehouse, things: tuple[int | None, ...], more: dict[str, Any], told: str) -> None:
    put(warehouse, 1, 2)
    before = seen(warehouse)
    with pytest.raises(BreachError, match=told):
        put(warehouse, *things, **more)
    assert seen(warehouse) == before


def test_a_restatement_replaces_exactly_its_batch(warehouse: Warehouse) -> None:
    put(warehouse, 1, 13, days=(DAY, NEXT))
    put(warehouse, 7, days=(DAY,))
    now = seen(warehouse)
    assert now["predictions.things"] == [(DAY, 7), (NEXT, 1)]
    assert [row[1] for row in now["quality.quarantine"]] == [NEXT]
    assert len(now["quality.ledger"]) == 3


def test_other_columns_than_the_warehouses_are_refused(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    with warehouse.connect() as con:
        con.con.execute("drop view predictions.things_latest; alter table predictions.things rename thing to other")
    with pytest.raises(BreachError, match=r"other columns than its contract.*other.*Drop predictions\.things"):
        put(warehouse, 2)


def test_a_batch_and_the_latest_are_parquet_files(warehouse: Warehouse) -> None:
    put(warehouse, 2, 1, 13, days=(DAY, NEXT))
    put(warehouse, 9, days=(DAY,))
    folder = Path(warehouse.published)
    assert sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()) == [
        "latest/things.parquet",
        "things/2017-01-01.parquet",
        "things/2017-01-02.parquet",
    ]
    assert duckdb.read_parquet(str(folder / "latest" / "things.parquet")).fetchall() == [(NEXT, 1), (NEXT, 2)]
    assert duckdb.read_parquet(str(folder / "things" / "2017-01-01.parquet")).fetchall() == [(DAY, 9)]


def test_a_file_that_cannot_be_put_into_its_place_is_told_and_put_there_later(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    final = Path(warehouse.published) / "things" / "2017-01-01.parquet"
    final.unlink()
    final.mkdir()
    with pytest.raises(WarehouseError, match=r"2017-01-01\.parquet: the batch is published in the warehouse, but its file cannot be put into this place"):
        put(warehouse, 2)
    put(warehouse, 3, days=(NEXT,))
    final.rmdir()
    assert seen(warehouse)["predictions.things"] == [(DAY, 2), (NEXT, 3)]
    assert duckdb.read_parquet(str(final)).fetchall() == [(DAY, 2)]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    warehouse = warehouse_in(tmp_path / "O'Neill's ; data")
    put(warehouse, 1)
    assert duckdb.read_parquet(str(Path(warehouse.published) / "latest" / "things.parquet")).fetchall() == [(DAY, 1)]
