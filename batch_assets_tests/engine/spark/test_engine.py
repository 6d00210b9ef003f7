"""The Spark engine on the tests' own shop: what a table sees, its three forms, rejects, what is refused, and what is left on disk."""

import datetime as dt
import fcntl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as idt
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis import _
from ibis.backends.duckdb import Backend

import batch_assets.settings
from batch_assets.engine.choice import chosen_engine
from batch_assets.engine.duckdb import DuckDB
from batch_assets.engine.spark.engine import Spark
from batch_assets.engine.spark.session import session
from batch_assets.errors import DefinitionError, EngineError
from batch_assets.table.contract import Contract, Field
from batch_assets.table.model import Version
from batch_assets.table.table import Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ...conftest import copied
from ..conftest import SHOP, like
from .parity import differences

EXPECTED = SHOP.table("expected_counts")


@pytest.fixture(autouse=True)
def staging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for rows in transit."""
    monkeypatch.setattr(batch_assets.settings.settings, "staging", tmp_path / "staging")
    return tmp_path / "staging"


@contextmanager
def staged(warehouse: Warehouse, table: Table, days: Sequence[dt.date]) -> Iterator[Backend]:
    """Make a table's rows on Spark; yield the connection that has them."""
    with warehouse.connect() as con:
        Spark(con, Path(warehouse.lake), Artifacts(Path(warehouse.models))).stage(table, days)
        yield con


def rows_of(warehouse: Warehouse, table: Table, days: Sequence[dt.date], columns: str = "*") -> list[tuple[Any, ...]]:
    """Return the rows that Spark makes of days."""
    with staged(warehouse, table, days) as con:
        return con.con.execute(f"select {columns} from _kept order by all").fetchall()


def test_the_setting_names_the_engine(shop_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with shop_warehouse.connect() as con:
        engines = (chosen_engine(con, Path(shop_warehouse.lake), Artifacts(Path(shop_warehouse.models))) for _ in range(2))
        assert type(next(engines)) is DuckDB
        monkeypatch.setattr(batch_assets.settings.settings, "engine", "spark")
        assert type(next(engines)) is Spark


def test_publishing_on_spark_gives_what_duckdb_published(
    shop_warehouse: Warehouse, days: list[dt.date], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = copied(shop_warehouse, tmp_path / "copy")
    publish(EXPECTED, warehouse, days[7:], "run")
    with warehouse.connect() as con:
        on_duckdb = con.con.execute("select asset, batch_date, content, rows_kept, rows_rejected from quality.batches order by all").fetchall()
    monkeypatch.setattr(batch_assets.settings.settings, "engine", "spark")
    for table in SHOP.in_order():
        publish(table, warehouse, days[7:] if table is EXPECTED else days, "run")
    with warehouse.connect() as con:
        on_spark = con.con.execute("select asset, batch_date, content, rows_kept, rows_rejected from quality.batches order by all").fetchall()
    assert on_spark == on_duckdb
    assert not [found for table in SHOP.in_order() if not table.is_generator for found in differences(table, warehouse, days[7:])]


def test_an_expression_sees_its_look_back_and_nothing_later(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def seen(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
        return days.cross_join(kind_counts.agg(first=_.batch_date.min(), last=_.batch_date.max()))

    table = like("recent_counts", seen, lookback={"kind_counts": 3})
    assert rows_of(shop_warehouse, table, days[5:7]) == [(day, days[2], days[6]) for day in days[5:7]]


def test_rows_of_other_days_are_dropped_and_a_day_is_made_alone(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def every(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.mutate(batch_date=_.batch_date - ibis.interval(days=1)).union(kind_counts)

    table = like("recent_counts", every)
    assert {day for day, *_ in rows_of(shop_warehouse, table, days[4:6])} == set(days[4:6])
    with shop_warehouse.connect() as con:
        engine = Spark(con, Path(shop_warehouse.lake), Artifacts(Path(shop_warehouse.models)))
        engine.stage(table, days[4:6])
        assert engine.content_alone(table, days[4]) != engine.content(days[4])
        engine.stage(SHOP.table("kind_counts"), days[4:6])
        assert engine.content_alone(SHOP.table("kind_counts"), days[4]) == engine.content(days[4]) is not None


def test_no_rows_are_no_rows_and_rows_in_memory_are_seen(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def none(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.filter(_.kind == "what nobody sells")

    def numbered(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.join(ibis.memtable({"kind": ["tea"], "number": [7]}), "kind")

    assert rows_of(shop_warehouse, like("recent_counts", none), days[:2]) == []
    assert rows_of(shop_warehouse, like("recent_counts", numbered), days[:2], "kind, number") == [("tea", 7)] * 2


def test_rows_that_belong_together_are_scored_in_one_call(shop_warehouse: Warehouse, days: list[dt.date], monkeypatch: pytest.MonkeyPatch) -> None:
    copies = 20_000

    class Counted(Contract):
        """How many rows of a group a call got."""

        batch_date: idt.Date = Field(description="day")
        ahead: idt.Int64 = Field(description="the group")
        together: idt.Int64 = Field(description="rows of the group in this call")

    schema = Counted.arrow_schema()

    def counted(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        groups = rows["ahead"].to_pylist()
        assert groups == sorted(groups)
        return pa.RecordBatch.from_arrays([rows["batch_date"], rows["ahead"], pa.array(map(Counter(groups).get, groups), pa.int64())], schema=schema)

    def many(next_days: ir.Table) -> ir.Table:
        return next_days.select("batch_date", ahead=_.ahead.cast("int64")).cross_join(ibis.memtable({"copy": list(range(copies))}))

    monkeypatch.setattr("batch_assets.engine.spark.engine.PARTS", 3)
    table = like("expected_counts", counted, scores=many, together=("ahead",), contract=Counted)
    assert {together for _, _, together in rows_of(shop_warehouse, table, days[7:8])} == {copies}


_UNCHECKED = _.kind.re_search(r"\d").ifelse(_.kind, ibis.null("string"))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (_.kind.ascii_str(), "uses StringAscii of Ibis, of which it was not shown"),
        (_.kind.try_cast("int64"), "makes int64 of a text that no pattern has checked"),
        (_UNCHECKED.try_cast("date"), "makes date of a text that no pattern has checked"),
        (_.kind.cast("int64"), "makes int64 of a text by cast"),
        (_.share.cast("string"), "makes a text of float64"),
        (_.pieces * 0.1, "has 0.1 and a whole number in one Multiply"),
        (_.pieces > 0.5, "has 0.5 and a whole number in one Greater"),
        (_.share**0.5, "has a power that is not whole"),
        (_.share.round(-1), "rounds to tens"),
        (_.kind.re_search(_.kind), "has another Field for each row"),
        (_.batch_date.cast("timestamp") + _.pieces.as_interval("M"), "counts in units of a month"),
        (_.kind.find("a", 1), "finds a text from somewhere on"),
        (_.kind.collect().over(group_by="kind"), "collects values in no order"),
        (_.kind.collect(order_by=ibis.desc("kind")).over(group_by="kind"), "collects values in no order or a descending one"),
        (_.kind.collect(order_by="kind", distinct=True).over(group_by="kind"), "collects nulls, or distinct values"),
        (ibis.udf.scalar.builtin(lambda text: None, name="reverse", signature=(("string",), "string"))(_.kind), "uses reverse of Ibis"),
    ],
)
def test_what_spark_might_make_otherwise_is_refused_by_name(shop_warehouse: Warehouse, days: list[dt.date], value: ir.Value, why: str) -> None:
    def odd(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.mutate(share=_.pieces.cast("float64")).mutate(odd=value)

    with pytest.raises(DefinitionError, match=rf"features\.recent_counts: cannot be made on Spark, since its expression {why}.*\(setting engine\)\.$"):
        rows_of(shop_warehouse, like("recent_counts", odd), days[:1])


def test_a_failure_on_spark_is_one_line_without_values(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def by_zero(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.mutate(part=_.pieces / (_.pieces - _.pieces))

    def root(kind_counts: ir.Table) -> ir.Table:
        return kind_counts.mutate(root=(-_.pieces).cast("float64").sqrt())

    def failing(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        raise ValueError("the customer is 'Jane Doe'")

    with pytest.raises(EngineError, match=r"features\.recent_counts, 2017-01-01: Spark says \w+: .*(?i:zero)") as told:
        rows_of(shop_warehouse, like("recent_counts", by_zero), days[:1])
    assert "\n" not in str(told.value)
    with pytest.raises(EngineError, match="square root of a negative number"):
        rows_of(shop_warehouse, like("recent_counts", root), days[:1])
    with pytest.raises(EngineError, match=r"predictions\.expected_counts, 2017-01-08: Spark says PythonException: .*ValueError: the customer is …") as told:
        rows_of(shop_warehouse, like("expected_counts", failing), days[7:8])
    assert "Jane" not in str(told.value)


def test_nothing_in_transit_is_left_not_even_of_a_process_that_was_killed(shop_warehouse: Warehouse, days: list[dt.date], staging: Path) -> None:
    left, held = staging / "rows_left", staging / "rows_held"
    for folder in (left, held):
        folder.mkdir(parents=True)
        (folder / "lock").touch()
        (folder / "days.parquet").touch()
    with (held / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows_of(shop_warehouse, SHOP.table("kind_counts"), days[:1])
        assert list(staging.iterdir()) == [held]


def test_an_option_on_which_rows_depend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_assets.settings.settings, "spark_options", {"spark.sql.session.timeZone": "Europe/Berlin"})
    with pytest.raises(DefinitionError, match=r"the setting spark_options has spark\.sql\.session\.timeZone, on which rows depend"):
        session.__wrapped__()


def test_a_session_is_opened_and_closed_where_the_main_module_has_no_file() -> None:
    code = "from batch_assets.engine.spark.session import session\nprint(session().sql('select 7 as n').toArrow()['n'].to_pylist())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, "[7]\n"), ran.stderr
