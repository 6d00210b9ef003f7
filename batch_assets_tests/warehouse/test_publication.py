"""Publishing: a batch is published whole or not at all, whatever fails, and whenever the process is killed."""

import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from batch_assets.errors import BreachError, StorageError, WarehouseError
from batch_assets.settings import settings
from batch_assets.table.graph import Graph
from batch_assets.warehouse.batch import Conserved
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import DUCKDB_FILE, warehouse_in
from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days
from .faults import Act, fail, fail_after_commit, in_child, kill, killed, states_after
from .things import A_FILE, DAY, NEXT, assert_files_are_whole, assert_one_story, put, rows_of, seen


@pytest.mark.parametrize("act", [fail, kill])
def test_a_fault_at_any_statement_or_file_operation_leaves_the_previous_batches_or_the_new(tmp_path: Path, act: Act) -> None:
    put(warehouse_in(tmp_path / "before"), 1, 2, 13)
    before = seen(warehouse_in(tmp_path / "before"))
    found: list[str] = []

    def publishes(warehouse: Warehouse) -> bool:
        return not put(warehouse, 3, 13, days=(DAY, NEXT)).unfinished

    def state(warehouse: Warehouse) -> str:
        assert_files_are_whole(warehouse)
        assert_one_story(warehouse)
        now = seen(warehouse)
        return "previous" if now == before else "new" if [row[1] for row in now["predictions.things"]] == [3, 3] else "neither"

    for warehouse in states_after(tmp_path / "before", tmp_path, act, publishes):
        found.append(state(warehouse))
    for at in (found.index("new"), found.index("new") + 1) if act is kill else ():
        assert state(killed(tmp_path / "before", tmp_path / f"really {at}", at, publishes)) == found[at - 1]
    if act is fail:
        found.remove("new")  # The one in the midst: that the memory limit cannot be set back keeps nobody from publishing.
    assert found == ["previous"] * found.index("new") + ["new"] * found.count("new")
    assert min(found.count("previous"), found.count("new")) > 8
    put(warehouse, 4)
    assert_one_story(warehouse)


def test_what_was_made_while_somebody_was_erased_is_not_published(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    days, table = write_days(Path(warehouse.lake), 1), Graph(PACKAGE).table("shelf_counts")
    sought = Path(warehouse.lake) / "erasures" / "20170101T000000Z" / "sought.json"
    sought.parent.mkdir(parents=True)
    changes: list[Callable[[], object]] = [sought.unlink, sought.touch]
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.publication.check_independence", lambda *_: changes.pop()())
        while changes:
            with pytest.raises(WarehouseError, match=r"/lake: an erasure began or ended while marts\.shelf_counts was made; nothing"):
                publish(table, warehouse, days, "run")
    with warehouse.connect() as con:
        assert con.con.execute("from quality.ledger").fetchall() == []
    publish(table, warehouse, days, "run")


@pytest.mark.parametrize("act", [fail, kill])
def test_a_commit_that_fails_when_it_is_on_the_disk_has_published_once(tmp_path: Path, act: Act) -> None:
    put(warehouse_in(tmp_path), 1, 2, 13)

    def publishes() -> None:
        with pytest.MonkeyPatch.context() as patch:
            fail_after_commit(patch, act)
            put(warehouse_in(tmp_path), 3, 13, days=(DAY, NEXT))

    assert in_child(publishes) != 0
    warehouse = warehouse_in(tmp_path)
    assert_one_story(warehouse)
    now = seen(warehouse)
    assert [row[1] for row in now["predictions.things"]] == [3, 3]
    assert len(now["quality.quarantine"]) == 2
    assert rows_of(Path(warehouse.published) / "latest" / "things.parquet") == [(NEXT, 3)]
    put(warehouse, 3, 13, days=(DAY, NEXT))
    assert_one_story(warehouse)
    again = seen(warehouse)
    assert [again[name] for name in ("predictions.things", "quality.quarantine")] == [now[name] for name in ("predictions.things", "quality.quarantine")]


def test_of_a_torn_log_what_was_committed_before_is_there(tmp_path: Path) -> None:
    """DuckDB's log has a publication before its file has it; of Delta's, see delta/test_tables.py."""
    put(warehouse_in(tmp_path / "before"), 1, 2, 13)
    before = seen(warehouse_in(tmp_path / "before"))

    def publish_and_die() -> None:
        warehouse = warehouse_in(tmp_path / "before")
        warehouse.keep_open()
        put(warehouse, 3, 13, days=(DAY, NEXT))
        kill(OSError)

    assert in_child(publish_and_die) == -signal.SIGKILL
    log = tmp_path / "before" / f"{DUCKDB_FILE}.wal"
    whole, found = log.read_bytes(), list[str]()
    assert whole
    for tenths in range(11):
        torn = Path(shutil.copytree(tmp_path / "before", tmp_path / f"torn {tenths}"))
        (torn / log.name).write_bytes(whole[: len(whole) * tenths // 10])
        assert_one_story(warehouse := warehouse_in(torn))
        now = seen(warehouse)
        is_new = [row[1] for row in now["predictions.things"]] == [3, 3] and len(now["quality.ledger"]) == 3
        found.append("new" if is_new else "previous" if now == before else "neither")
    assert found == ["previous"] * 10 + ["new"]


def test_a_batch_and_its_receipt_are_there_together_whatever_fails(tmp_path: Path) -> None:
    write_days(Path(warehouse_in(tmp_path / "before").lake), 2)
    for name in ("shelf_counts", "shelf_kinds"):
        publish(Graph(PACKAGE).table(name), warehouse_in(tmp_path / "before"), [day_of(0), day_of(1)], "run")
    table = Graph(PACKAGE).table("kind_counts")
    counts = set()
    for warehouse in states_after(tmp_path / "before", tmp_path, kill, lambda warehouse: bool(publish(table, warehouse, [day_of(0), day_of(1)], "next"))):
        with warehouse.connect() as con:
            told = [
                con.con.execute(f"select count(*) from quality.{of}").fetchall()[0][0]
                for of in ("ledger where asset = 'marts.kind_counts'", "receipts", "runs where run_id = 'next'", "tables where asset = 'marts.kind_counts'")
            ]
        counts.add(tuple(told))
    assert counts == {(0, 0, 0, 0), (2, 4, 1, 1)}


@pytest.mark.parametrize("error", [duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException])
def test_a_fault_of_the_engine_after_the_commit_does_not_publish_again(shop: Warehouse, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    table, told = Graph(PACKAGE).table("expected_counts"), list[str]()
    shop.keep_open()
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.publication.settle", failing_with(error("the disk is gone")))
        published = publish(table, shop, [day_of(1)], "run")
    assert [batch.day for batch in published.batches] == [day_of(1)]
    (line,) = published.unfinished
    told_it = f"{shop.published}/expected_counts: 2017-01-02 is published in the warehouse, but not all files are in their place (the disk is gone)"
    assert line == f"{told_it}. The next run puts them there."
    shop.tell = told.append
    with shop.connect() as con:
        assert con.con.execute("select count(*) from quality.ledger where asset = ?", [table.asset]).fetchall() == [(1,)]
    assert [line.rsplit("/", 1)[1] for line in told] == [
        "2017-01-02.parquet: restored; it did not match the ledger.",
        "expected_counts.parquet: restored; it did not match the ledger.",
    ]
    shop.close()


def test_an_interrupt_after_the_commit_is_an_interrupt(shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.publication.settle", failing_with(duckdb.InterruptException("Query interrupted")))
        with pytest.raises(KeyboardInterrupt):
            publish(Graph(PACKAGE).table("expected_counts"), shop, [day_of(1)], "run")
    with shop.connect():
        assert (Path(shop.published) / "expected_counts" / "2017-01-02.parquet").exists()


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """Two days of every table but the predictions."""
    days = write_days(Path(warehouse.lake), 2)
    for table in Graph(PACKAGE).in_order()[:-1]:
        publish(table, warehouse, days, "run")
    return warehouse


def failing_with(error: Exception) -> Callable[..., Any]:
    """Return what fails when it is called."""

    def fail_at_once(*_: Any) -> Any:
        raise error

    return fail_at_once


@A_FILE  # delta-rs does not survive a fork; delta/test_faults.py has its disk.
def test_a_disk_that_is_full_changes_nothing(warehouse: Warehouse) -> None:
    import resource

    put(warehouse, 1, 2)
    before = seen(warehouse)

    def on_a_full_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        with pytest.raises(StorageError, match=r"File too large|Could not write"):
            put(warehouse, *range(20, 20_000))

    assert in_child(on_a_full_disk) == 0
    assert seen(warehouse) == before


@pytest.mark.parametrize(
    ("things", "more", "told"),
    [
        ((5, None), {}, r"batch 2017-01-01 breaks the contract: .*thing"),
        ((5, -1), {}, r"batch 2017-01-01 breaks the contract: .*thing"),
        ((5, 5), {}, "batch 2017-01-01 breaks the contract"),
        ((5,), {"of": NEXT}, "rows of .* among the batches 2017-01-01"),
        ((13,), {"of": NEXT}, "rows of .* among the batches 2017-01-01"),
        (
            (5,),
            {"conserved": [Conserved("thing", "things.pieces", {DAY: 6})]},
            r"batch 2017-01-01: thing adds up to 5, and things\.pieces, .* to 6",
        ),
    ],
)
def test_a_breach_is_told_and_keeps_the_batch_before_it(warehouse: Warehouse, things: tuple[int | None, ...], more: dict[str, Any], told: str) -> None:
    put(warehouse, 1, 2)
    before = seen(warehouse)
    with pytest.raises(BreachError, match=told):
        put(warehouse, *things, **more)
    assert seen(warehouse) == before


@pytest.mark.parametrize(
    ("things", "more"),
    [
        ((5, None), {}),
        ((5, 5), {}),
        ((5,), {"conserved": [Conserved("thing", "others.thing", {DAY: 5, NEXT: 6})]}),
    ],
)
def test_a_breach_says_of_which_day_it_is(warehouse: Warehouse, things: tuple[int | None, ...], more: dict[str, Any]) -> None:
    with pytest.raises(BreachError) as breach:
        put(warehouse, *things, days=(DAY, NEXT), **more)
    assert breach.value.day == (NEXT if more else DAY)
    assert str(breach.value).startswith(f"batch {breach.value.day}")


def test_a_restatement_replaces_exactly_its_batch(warehouse: Warehouse) -> None:
    put(warehouse, 1, 13, days=(DAY, NEXT))
    put(warehouse, 7, days=(DAY,))
    now = seen(warehouse)
    assert now["predictions.things"] == [(DAY, 7), (NEXT, 1)]
    assert [row[1] for row in now["quality.quarantine"]] == [NEXT]
    assert len(now["quality.ledger"]) == 3


@A_FILE  # Nobody can alter a Delta table's columns from a session; delta/test_tables.py has other columns.
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
    assert sorted(str(f.relative_to(folder)) for f in folder.rglob("*.parquet")) == [
        "latest/things.parquet",
        "things/2017-01-01.parquet",
        "things/2017-01-02.parquet",
    ]
    assert rows_of(folder / "latest" / "things.parquet") == [(NEXT, 1), (NEXT, 2)]
    assert rows_of(folder / "things" / "2017-01-01.parquet") == [(DAY, 9)]


def test_a_file_that_cannot_be_put_into_its_place_is_told_and_put_there_later(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    final = Path(warehouse.published) / "things" / "2017-01-01.parquet"
    final.unlink()
    final.mkdir()
    published = put(warehouse, 2)
    assert [batch.kept for batch in published.batches] == [1]
    (batch, latest) = published.unfinished
    assert batch.startswith(f"{final}: the batch is published in the warehouse, but its file cannot be moved here (")
    assert latest.startswith(f"{warehouse.published}/latest/things.parquet: the latest batch, 2017-01-01, cannot be copied here (")
    assert put(warehouse, 3, days=(NEXT,)).unfinished == []
    final.rmdir()
    assert seen(warehouse)["predictions.things"] == [(DAY, 2), (NEXT, 3)]
    assert_one_story(warehouse)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    warehouse = warehouse_in(tmp_path / "O'Neill's ; data")
    put(warehouse, 1)
    assert rows_of(Path(warehouse.published) / "latest" / "things.parquet") == [(DAY, 1)]


COUNTS = Graph(PACKAGE).table("shelf_counts")


def publish_counts(warehouse: Warehouse, *shares: int, of: int = 100) -> None:
    """Publish days of so many lines, of which so many are rejected by the mart."""
    for n, bad in enumerate(shares):
        write_counts(Path(warehouse.lake), day_of(n), {"anna.csv": [f"{shelf},{'x' if shelf <= bad else 1}," for shelf in range(1, of + 1)]})
    publish(COUNTS, warehouse, [day_of(n) for n in range(len(shares))], "run")


@pytest.mark.parametrize(
    ("shares", "of", "told"),
    [
        ((99,), 100, "batch 2017-01-01: 99.0% of the rows were rejected, and usually 0.0% are: pieces is no count "),
        ((6,), 100, "batch 2017-01-01: 6.0% of the rows were rejected"),
        ((5,), 100, None),
        ((48,), 49, None),
        ((5, 5, 5, 20), 100, None),
        ((5, 5, 5, 21), 100, "batch 2017-01-04: 21.0% of the rows were rejected, and usually 5.0% are"),
        ((0, 0, 5, 6), 100, "batch 2017-01-04: 6.0% of the rows were rejected, and usually 0.0% are"),
    ],
)
def test_far_more_rejected_rows_than_usual_stop_a_batch(warehouse: Warehouse, shares: tuple[int, ...], of: int, told: str | None) -> None:
    if told is None:
        publish_counts(warehouse, *shares, of=of)
        return
    with pytest.raises(BreachError, match=re.escape(told)) as breach:
        publish_counts(warehouse, *shares, of=of)
    assert breach.value.day == day_of(len(shares) - 1)
    assert f'BATCH_ASSETS_ACCEPT_REJECTS=\'{{"marts.shelf_counts": ["{breach.value.day}"]}}\'' in str(breach.value)
    assert "(99 rows, the first is counts/2017-01-01/anna.csv, line 2)" in str(breach.value) or shares != (99,)


def test_what_a_lander_got_again_says_nothing_against_a_batch(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.warehouse.rejects.REPEATED", "pieces is no")
    publish_counts(warehouse, 0, 99)


def test_the_usual_share_is_that_of_the_ledger_and_a_batch_may_be_accepted(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_counts(warehouse, 5, 5, 5)
    write_counts(Path(warehouse.lake), day_of(3), {"anna.csv": [f"{shelf},{'x' if shelf <= 30 else 1}," for shelf in range(1, 101)]})
    with pytest.raises(BreachError, match=r"usually 5\.0% are"):
        publish(COUNTS, warehouse, [day_of(3)], "run")
    monkeypatch.setattr(settings, "accept_rejects", {"marts.shelf_counts": frozenset({day_of(3)})})
    assert publish(COUNTS, warehouse, [day_of(3)], "run").batches[0].rejected == 30
