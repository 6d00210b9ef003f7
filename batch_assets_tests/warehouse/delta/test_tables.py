"""Delta tables as a store: one commit a publication, with its record; several writers; any number of readers, with libraries of their own."""

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from batch_assets.errors import BreachError, WarehouseError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.delta.said import RECORD

from ...conftest import DELTA_TABLES, warehouse_in
from ..things import DAY, LAST, NEXT, assert_one_story, put, seen


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse of Delta tables that does not exist yet, below a folder whose name is no URL's."""
    return warehouse_in(tmp_path / "O'Neill's 100 % data", name=DELTA_TABLES)


def another(warehouse: Warehouse) -> Warehouse:
    """Return the same warehouse as another process has it, which publishes its files elsewhere."""
    folder = Path(warehouse.published).parent / "another"
    return Warehouse(warehouse.database, warehouse.lake, str(folder), warehouse.models, 5)


def things(warehouse: Warehouse) -> DeltaTable:
    return DeltaTable(f"{warehouse.database}/predictions/things")


def rows(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return list(seen(warehouse)["predictions.things"])


def test_a_publication_is_one_commit_with_its_record(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2, 13, days=(DAY, NEXT))
    newest, made = things(warehouse).history()
    assert (newest["operation"], made["operation"]) == ("WRITE", "CREATE TABLE")
    record = json.loads(newest[RECORD])
    told = [(row["asset"], row["batch_date"], row["rows_kept"], row["rows_rejected"]) for row in record["ledger"]]
    assert told == [("predictions.things", "2017-01-01", 2, 1), ("predictions.things", "2017-01-02", 2, 1)]
    with warehouse.connect() as con:
        assert [row[:4] for row in con.con.execute("select asset, batch_date, rows_kept, rows_rejected from quality.ledger order by all").fetchall()] == [
            ("predictions.things", day, 2, 1) for day in (DAY, NEXT)
        ]
        assert con.con.execute("select distinct run_id from quality.runs").fetchall() == [("run",)]


def test_a_batch_without_rows_is_published(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2)
    put(warehouse, days=(DAY, NEXT))
    assert rows(warehouse) == []
    with warehouse.connect() as con:
        assert con.con.execute("select batch_date, rows_kept from quality.batches order by all").fetchall() == [(DAY, 0), (NEXT, 0)]
    assert_one_story(warehouse)


@pytest.mark.parametrize("days", [(DAY,), (DAY, NEXT)], ids=["one file", "two"])
def test_the_last_day_can_be_asked_for(warehouse: Warehouse, days: tuple[dt.date, ...]) -> None:
    put(warehouse, 1, days=days)
    with warehouse.connect() as con:
        assert con.con.execute("select max(batch_date) from predictions.things").fetchall() == [(days[-1],)]
        assert con.con.execute("select max(batch_date) from predictions.things where batch_date = ?", [DAY]).fetchall() == [(DAY,)]


def test_rejected_rows_are_those_of_the_batches_in_force(warehouse: Warehouse) -> None:
    put(warehouse, 1, 13, days=(DAY, NEXT))
    put(warehouse, 7)
    assert [row[:2] for row in seen(warehouse)["quality.quarantine"]] == [("predictions.things", NEXT)]


def test_of_two_writers_of_a_day_one_is_told_and_may_try_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    meanwhile(monkeypatch, warehouse, lambda: put(another(warehouse), 2, 13))
    with pytest.raises(WarehouseError, match=r"warehouse: another process has published 2017-01-01 meanwhile; nothing was written\. Run this again\."):
        put(warehouse, 3, 13, days=(DAY, NEXT))
    assert rows(warehouse) == [(DAY, 2), (NEXT, 1)]
    assert len(seen(warehouse)["quality.quarantine"]) == 1
    put(warehouse, 3, days=(DAY, NEXT))
    assert rows(warehouse) == [(DAY, 3), (NEXT, 3)]


def test_two_writers_that_publish_a_day_for_the_first_time_do_not_both_add_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    meanwhile(monkeypatch, warehouse, lambda: put(another(warehouse), 2, days=(NEXT,)))
    with pytest.raises(WarehouseError, match="has published 2017-01-02 meanwhile"):
        put(warehouse, 2, days=(NEXT,))
    assert rows(warehouse) == [(DAY, 1), (NEXT, 2)]


def test_two_writers_that_make_the_table_do_not_replace_each_other(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, warehouse, lambda: put(another(warehouse), 2), before="create")
    with pytest.raises(WarehouseError, match="has published 2017-01-01 meanwhile"):
        put(warehouse, 3)
    assert rows(warehouse) == [(DAY, 2)]


def test_writers_of_other_days_do_not_disturb_each_other(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    meanwhile(monkeypatch, warehouse, lambda: [put(another(warehouse), 2, 13, days=(day,)) for day in (NEXT, LAST)])
    put(warehouse, 3, 13)
    assert rows(warehouse) == [(DAY, 3), (NEXT, 2), (LAST, 2)]
    assert [row[1] for row in seen(warehouse)["quality.quarantine"]] == [DAY, NEXT, LAST]


def test_a_writer_that_never_gets_through_is_told(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    monkeypatch.setattr("batch_assets.warehouse.delta.tables._ATTEMPTS", 1)
    meanwhile(monkeypatch, warehouse, lambda: put(another(warehouse), 2, days=(NEXT,)))
    with pytest.raises(WarehouseError, match=r"other processes published predictions\.things 1 times meanwhile; nothing was written"):
        put(warehouse, 3)
    assert rows(warehouse) == [(DAY, 1), (NEXT, 2)]


def meanwhile(patch: pytest.MonkeyPatch, warehouse: Warehouse, act: Callable[[], Any], before: str = "create_write_transaction") -> None:
    """Let something happen once, just before something is done with the table of things."""
    real, waiting = getattr(DeltaTable, before), [act]

    def done(table: Any, *args: Any, **kwargs: Any) -> Any:
        if waiting and "things" in str(getattr(table, "table_uri", table)):
            waiting.pop()()
        return real(table, *args, **kwargs)

    patch.setattr(DeltaTable, before, done)


def test_a_session_sees_what_others_publish_and_a_query_that_has_begun_does_not(warehouse: Warehouse) -> None:
    put(warehouse, *range(20, 20_000))
    warehouse.keep_open()
    with warehouse.connect() as con:
        begun = con.con.execute("select thing from predictions.things")
        first = begun.fetchmany(10)
        put(another(warehouse), 1)
        assert len(first) + len(begun.fetchall()) == 19_980
        assert con.con.execute("select count(*) from predictions.things").fetchall() == [(19_980,)]
    with warehouse.connect() as con:
        assert con.con.execute("from predictions.things").fetchall() == [(DAY, 1)]
    warehouse.close()


def test_a_commit_that_comes_while_the_log_is_read_is_read_the_next_time(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    warehouse.keep_open()
    with warehouse.connect():
        pass
    put(another(warehouse), 2, days=(NEXT,))
    real, waiting = DeltaTable.version, [lambda: put(another(warehouse), 2, days=(LAST,))]

    def version(table: DeltaTable) -> int:
        found = real(table)
        if waiting and "things" in table.table_uri:
            waiting.pop()()
        return found

    monkeypatch.setattr(DeltaTable, "version", version)
    for days in ([DAY, NEXT], [DAY, NEXT, LAST]):
        with warehouse.connect() as con:
            assert con.con.execute("select batch_date from quality.ledger order by all").fetchall() == [(day,) for day in days]
            assert con.con.execute("select batch_date from predictions.things order by all").fetchall() == [(day,) for day in days]
    warehouse.close()


def test_readers_need_nothing_of_ours(warehouse: Warehouse) -> None:
    put(warehouse, 1, 2, days=(DAY, NEXT))
    put(warehouse, 3)
    expected = [(DAY, 3), (NEXT, 1), (NEXT, 2)]
    frame = things(warehouse).to_pandas()
    assert sorted(zip(frame["batch_date"], frame["thing"], strict=True)) == expected
    asked = duckdb.from_arrow(things(warehouse).to_pyarrow_dataset().scanner()).query("things", "select batch_date, thing from things order by all")
    assert asked.fetchall() == expected
    before = DeltaTable(f"{warehouse.database}/predictions/things", version=1).to_pyarrow_table().sort_by("thing").to_pylist()
    assert [row["thing"] for row in before if row["batch_date"] == DAY] == [1, 2]


def test_other_columns_than_the_tables_are_refused(warehouse: Warehouse) -> None:
    put(warehouse, 1, days=(NEXT,))
    folder = Path(warehouse.database) / "predictions" / "things"
    shutil.rmtree(folder)
    DeltaTable.create(folder, pa.schema([("batch_date", pa.date32()), ("other", pa.int64())]), partition_by=["batch_date"])
    with pytest.raises(BreachError, match=r"other columns than its contract.*other.*[dD]rop predictions\.things"):
        put(warehouse, 2)


@pytest.mark.parametrize("spoil", [lambda log: log.write_bytes(log.read_bytes()[:100]), lambda log: log.write_bytes(b"\0" * 40)], ids=["torn", "zeros"])
def test_a_torn_log_is_told_in_a_line_and_what_to_do(warehouse: Warehouse, spoil: Callable[[Path], object]) -> None:
    put(warehouse, 1)
    put(warehouse, 2)
    log = Path(warehouse.database) / "predictions" / "things" / "_delta_log" / f"{2:020}.json"
    whole = log.read_bytes()
    spoil(log)
    with pytest.raises(WarehouseError) as told:
        put(warehouse, 3)
    assert re.fullmatch(r".*/predictions/things: Delta's log cannot be read \(.+\)\. Restore the files of .*/_delta_log, or move .*", str(told.value))
    assert "\n" not in str(told.value)
    assert "\x1b" not in str(told.value)
    log.write_bytes(whole)
    assert rows(warehouse) == [(DAY, 2)]


def test_a_table_whose_folder_was_moved_away_is_made_anew(warehouse: Warehouse) -> None:
    put(warehouse, 1, days=(DAY, NEXT))
    folder = Path(warehouse.database) / "predictions" / "things"
    folder.rename(folder.with_name("away.things"))
    folder.with_name("away.things").rename(Path(warehouse.database).parent / "away")
    put(warehouse, 2)
    assert rows(warehouse) == [(DAY, 2)]
    assert_one_story(warehouse)


def test_who_only_reads_makes_nothing(tmp_path: Path) -> None:
    nothing = warehouse_in(tmp_path / "data", name=DELTA_TABLES)
    with pytest.raises(WarehouseError, match=r"data/warehouse: not there yet\."), nothing.read_only():
        pass
    assert not (tmp_path / "data").exists()
    put(nothing, 1)
    with nothing.read_only() as con:
        assert con.con.execute("from predictions.things").fetchall() == [(DAY, 1)]


def test_who_reads_beside_a_session_that_is_open_leaves_it_as_it_is(warehouse: Warehouse) -> None:
    put(warehouse, 1)
    warehouse.keep_open()
    with warehouse.connect():
        pass
    with warehouse.read_only() as con:
        assert con.con.execute("from predictions.things").fetchall() == [(DAY, 1)]
    put(another(warehouse), 2, days=(NEXT,))
    with warehouse.read_only() as con:
        assert con.con.execute("select count(*) from predictions.things").fetchall() == [(2,)]
    assert rows(warehouse) == [(DAY, 1), (NEXT, 2)]
    warehouse.close()


def test_publications_are_numbered_by_the_clock_and_never_backwards(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    put(warehouse, 1)
    monkeypatch.setattr("time.time_ns", lambda: 1_000)
    put(warehouse, 2)
    with warehouse.connect() as con:
        first, second = (number for (number,) in con.con.execute("select publication from quality.ledger order by all").fetchall())
    assert second == first + 1
    assert dt.datetime.fromtimestamp(first / 1e6, dt.UTC).date() >= dt.date(2026, 1, 1)
    assert rows(warehouse) == [(DAY, 2)]
