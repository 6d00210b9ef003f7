"""The engine: the three forms of a table, each of which sees what may be known on its days, and no more."""

import datetime as dt
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis import _
from ibis.backends.duckdb import Backend

from batch_assets.engine import duckdb as engine
from batch_assets.engine import parts as module
from batch_assets.engine.duckdb import DuckDB
from batch_assets.engine.published import first_rows, published
from batch_assets.errors import DefinitionError, UntrainedError
from batch_assets.partitions import retrain_day
from batch_assets.table.model import Version
from batch_assets.table.table import ALL, Table
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse

from .conftest import SHOP, like

EXPECTED = SHOP.table("expected_counts")
score: Callable[..., pa.RecordBatch] = EXPECTED.function


@contextmanager
def staged(warehouse: Warehouse, table: Table, days: Sequence[dt.date], models: Path | None = None) -> Iterator[Backend]:
    """Make a table's rows; yield the connection that has them."""
    with warehouse.connect() as con:
        DuckDB(con, Path(warehouse.lake), Artifacts(models or Path(warehouse.models))).stage(table, days)
        yield con


def rows_of(warehouse: Warehouse, table: Table, days: Sequence[dt.date], columns: str = "* exclude (reject_reason)") -> list[tuple[Any, ...]]:
    """Return the rows that a table makes of days."""
    with staged(warehouse, table, days) as con:
        return con.con.execute(f"select {columns} from _staged").fetchall()


# An expression.


def test_an_expression_sees_its_look_back_and_nothing_later(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def seen(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
        return days.cross_join(kind_counts.agg(kind=_.batch_date.min().cast("string"), last=_.batch_date.max()))

    def asked(look_back: int | None) -> list[tuple[Any, ...]]:
        return rows_of(shop_warehouse, like("recent_counts", seen, lookback={"kind_counts": look_back}), days[5:7], "batch_date, kind, last")

    assert asked(2) == [(day, str(days[3]), days[6]) for day in days[5:7]]
    assert asked(0) == [(day, str(days[5]), days[6]) for day in days[5:7]]
    assert asked(ALL) == [(day, str(days[0]), days[6]) for day in days[5:7]]


def test_rows_of_days_that_were_not_asked_for_are_cut_off(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def all_days(kind_counts: ir.Table) -> ir.Table:
        return kind_counts

    table = like("recent_counts", all_days, lookback={"kind_counts": 3})
    assert {day for (day,) in rows_of(shop_warehouse, table, days[5:7], "batch_date")} == set(days[5:7])


def test_an_expression_may_have_rows_in_memory(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def known_only(counts: ir.Table) -> ir.Table:
        known = ibis.memtable({"shelf": ["1", "3"], "is_known": [True, True]})
        rows = counts.left_join(known, "shelf")
        return rows.select("batch_date", "shelf", "source_file", "source_line", reject_reason=ibis.ifelse(_.is_known.fill_null(False), None, "unknown"))

    with staged(shop_warehouse, like("shelf_counts", known_only), days[:2]) as con:
        assert con.con.execute("select distinct shelf from _kept order by 1").fetchall() == [("1",), ("3",)]
        assert con.con.execute("select reason, count(*) from _rejected group by 1").fetchall() == [("unknown", 2)]


# A generator.


def test_a_generator_sees_its_look_back_its_days_and_the_ledger_of_its_upstreams(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    seen: dict[str, Any] = {}

    def looking(days: ir.Table, ledger: ir.Table, artifacts: object, kind_counts: ir.Table) -> Iterator[pa.RecordBatch]:
        seen["asked"] = sorted(days.to_pyarrow()["batch_date"].to_pylist())
        seen["known"] = sorted(set(kind_counts.to_pyarrow()["batch_date"].to_pylist()))
        seen["ledger"] = {(row["asset"], row["batch_date"]) for row in ledger.to_pyarrow().to_pylist()}
        seen["store"] = artifacts
        yield from ()

    with staged(shop_warehouse, like("mean_model", looking, lookback={"kind_counts": 2}), days[5:7]):
        pass
    assert (seen["asked"], seen["known"]) == (days[5:7], days[3:7])
    assert seen["ledger"] == {("marts.kind_counts", day) for day in days[:7]}
    assert seen["store"] == Artifacts(Path(shop_warehouse.models))


def test_a_generator_is_read_a_batch_at_a_time(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    schema = SHOP.table("next_days").contract.arrow_schema()

    def several(days: ir.Table) -> Iterator[pa.RecordBatch]:
        for day in days.to_pyarrow()["batch_date"].to_pylist():
            yield from (pa.RecordBatch.from_pylist([{"batch_date": day, "ahead": n, "weekday": 0}], schema=schema) for n in (1, 2))

    assert rows_of(shop_warehouse, like("next_days", several), days[:2]) == [(day, n, 0) for day in days[:2] for n in (1, 2)]


def test_what_a_generator_raises_comes_out_as_itself(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    error = ZeroDivisionError("the third row")

    def failing(days: ir.Table) -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([], schema=SHOP.table("next_days").contract.arrow_schema())
        raise error

    with pytest.raises(ZeroDivisionError) as raised, staged(shop_warehouse, like("next_days", failing), days[:1]):
        pass
    assert raised.value is error


# A map.


def versions(warehouse: Warehouse) -> dict[dt.date, str]:
    """Return the version of the model in force on each day."""
    with warehouse.connect() as con:
        return dict(con.con.execute("select batch_date, version from models.mean_model").fetchall())


def test_each_row_is_scored_by_the_model_of_its_day(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    in_force = versions(shop_warehouse)
    scored = rows_of(shop_warehouse, EXPECTED, days, "distinct batch_date, model_version")
    assert dict(scored) == in_force
    assert len(set(in_force.values())) == len({retrain_day(day) for day in days}) == 3


def test_a_map_gets_rows_of_one_version_at_a_time_with_its_files_and_its_row(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    in_force, calls = versions(shop_warehouse), list[tuple[Version, set[dt.date]]]()

    def watched(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        calls.append((mean_model, set(rows["batch_date"].to_pylist())))
        return score(rows, mean_model)

    # Days in a mixed order: those of a version still come together.
    rows_of(shop_warehouse, like("expected_counts", watched), [*days[::2], *days[1::2]])
    assert all({in_force[day] for day in seen} == {version.version} for version, seen in calls)
    assert len(calls) == len({version.version for version, _seen in calls}) == 3
    assert set().union(*(seen for _version, seen in calls)) == set(days)
    for version, _seen in calls:
        assert version.model == "mean_model"
        assert version.files == Artifacts(Path(shop_warehouse.models)).all("mean_model", version.version)
        assert version.row == {"version": version.version, "files": version.files_hash, "factor": 1.5}


def test_a_range_gives_the_rows_of_its_days(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    single = [row for day in days for row in rows_of(shop_warehouse, EXPECTED, [day])]
    assert sorted(map(str, rows_of(shop_warehouse, EXPECTED, days))) == sorted(map(str, single))


def test_a_map_may_read_rows_in_memory(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    def tea_only(recent_counts: ir.Table, next_days: ir.Table) -> ir.Table:
        return recent_counts.join(next_days, "batch_date").join(ibis.memtable({"kind": ["tea"]}), "kind")

    assert {kind for (kind,) in rows_of(shop_warehouse, like("expected_counts", score, scores=tea_only), days[:3], "kind")} == {"tea"}


def test_the_rows_to_score_have_the_types_that_the_expression_says(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    seen: list[pa.Schema] = []

    def watched(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        seen.append(rows.schema)
        return score(rows, mean_model)

    def summed(recent_counts: ir.Table, next_days: ir.Table) -> ir.Table:
        sums = recent_counts.group_by("batch_date", "kind", "counted").agg(pieces=_.pieces.sum())  # a sum of DuckDB's is a HUGEINT
        return sums.join(next_days, "batch_date")

    rows_of(shop_warehouse, like("expected_counts", watched, scores=summed), days[:1])
    assert {schema.field("pieces").type for schema in seen} == {pa.int64()}


def test_a_version_whose_files_are_gone_is_told(shop_warehouse: Warehouse, days: list[dt.date], tmp_path: Path) -> None:
    with pytest.raises(UntrainedError, match="the files of mean_model's version"), staged(shop_warehouse, EXPECTED, days[:1], tmp_path):
        pass


def cut(folder: Path) -> None:
    """Cut a file of a version in half."""
    content = (folder / "means.json").read_bytes()
    (folder / "means.json").write_bytes(content[: len(content) // 2])


def exchange(folder: Path) -> None:
    """Exchange a version's files for others that go together."""
    shutil.rmtree(folder)
    Artifacts(folder.parents[1]).put("mean_model", folder.name, {"means.json": '{"tea": 1.0}'})


@pytest.mark.parametrize(
    ("damage", "told"), [(cut, r"means\.json was changed or cut off"), (exchange, r"SHA256SUMS is not what it was when models/mean_model was")]
)
def test_a_models_files_are_what_its_row_says_or_the_batch_ends(
    shop_warehouse: Warehouse, days: list[dt.date], tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    models, version = tmp_path / "models", versions(shop_warehouse)[days[0]]
    shutil.copytree(shop_warehouse.models, models)
    damage(models / "mean_model" / version)
    with (
        pytest.raises(UntrainedError, match=rf"mean_model, version {version}: {told}.*materialize models/mean_model"),
        staged(shop_warehouse, EXPECTED, days[:1], models),
    ):
        pass


def test_days_of_one_version_with_other_files_are_not_scored_by_the_same(shop_warehouse: Warehouse) -> None:
    one, other = (Version("mean_model", "v", {}, {}, files) for files in ("a", "b"))
    assert one != other
    assert one == Version("mean_model", "v", {"factor": 2}, {"means.json": ""}, "a")


@pytest.mark.parametrize(("at_once", "ordered"), [(1, 1 << 19), (3, 1 << 19), (1000, 1 << 19), (1000, 1)])
def test_a_map_gets_all_rows_that_belong_together_in_one_call(
    shop_warehouse: Warehouse, days: list[dt.date], monkeypatch: pytest.MonkeyPatch, at_once: int, ordered: int
) -> None:
    """DuckDB gives 2,048 rows at once at least; each kind has a hundred times as many as it has days to come."""
    calls: list[list[tuple[object, object]]] = []

    def watched(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        calls.append([*zip(rows["batch_date"].to_pylist(), rows["kind"].to_pylist(), strict=True)])
        return score(rows.slice(0, 0), mean_model)

    def many(recent_counts: ir.Table, next_days: ir.Table) -> ir.Table:
        return recent_counts.join(next_days, "batch_date").cross_join(ibis.range(700).unnest().name("copy").as_table()).drop("copy")

    monkeypatch.setattr(engine, "SCORED_AT_ONCE", at_once)
    monkeypatch.setattr(module, "ORDERED_AT_ONCE", ordered)
    rows_of(shop_warehouse, like("expected_counts", watched, scores=many, together=("batch_date", "kind")), days[3:7])
    groups = [group for call in calls for group in sorted(set(call))]
    assert len(groups) == len(set(groups)) > 4
    assert all(call == sorted(call) for call in calls)
    assert {call.count(group) for call in calls for group in set(call)} == {1400}
    assert len(calls) > 1


def test_only_a_map_has_rows_that_belong_together() -> None:
    with pytest.raises(DefinitionError, match=r"marts\.kind_counts: together is for maps"):
        like("kind_counts", lambda: None, together=("kind",))


def test_what_a_map_raises_comes_out_as_itself(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    error = ZeroDivisionError("the third row")

    def failing(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        raise error

    with pytest.raises(ZeroDivisionError) as raised, staged(shop_warehouse, like("expected_counts", failing), days[:1]):
        pass
    assert raised.value is error


def many(next_days: ir.Table) -> ir.Table:
    """Return 20,000 rows to score, in the order of their number."""
    return next_days.filter(_.ahead == 1).select("batch_date", pieces=ibis.range(0, 20_000).unnest())


def test_batches_are_scored_on_threads_and_keep_their_order(shop_warehouse: Warehouse, days: list[dt.date], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SCORED_AT_ONCE", 2048)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    both, threads, sizes = threading.Barrier(2, timeout=10), set[str](), list[int]()

    def uneven(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
        sizes.append(len(rows))
        threads.add(threading.current_thread().name)
        first = rows["pieces"][0].as_py()
        if first < 2 * 2048:
            both.wait()
        time.sleep(0.02 if first // 2048 % 2 == 0 else 0)
        made = {"batch_date": rows["batch_date"], "pieces": rows["pieces"].cast(pa.float64())}
        return pa.RecordBatch.from_pydict({name: made.get(name, pa.nulls(len(rows), kind)) for name, kind in columns}, schema=contract)

    contract = EXPECTED.contract.arrow_schema()
    columns = [(field.name, field.type) for field in contract]
    scored = rows_of(shop_warehouse, like("expected_counts", uneven, scores=many), days[:1], "pieces")
    assert scored == [(float(n),) for n in range(20_000)]
    assert len(threads) == 2
    assert max(sizes) == 2048


def test_no_more_batches_are_taken_than_threads_are_busy() -> None:
    taken = 0

    def batches() -> Iterator[Any]:
        nonlocal taken
        while taken < 100:
            taken += 1
            yield taken

    with ThreadPoolExecutor(2) as pool:
        for n, made in enumerate(engine._in_order(pool, lambda batch: batch, batches()), 1):
            assert made == n
            assert taken <= n + (os.cpu_count() or 1)


_SCORES = """
import os, resource, sys
os.cpu_count = lambda: 2
from pathlib import Path
import ibis, pyarrow as pa, pyarrow.compute as pc
from ibis import _
from batch_assets.engine import duckdb as engine
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets_tests.conftest import warehouse_in
from batch_assets_tests.engine.conftest import like
from batch_assets_tests.shop_lake import day_of
from batch_assets.table.contract import Contract, Field
import ibis.expr.datatypes as dt

class Sums(Contract):
    batch_date: dt.Date = Field()
    total: dt.Float64 = Field()

WIDE = int(sys.argv[3])
engine.SCORED_AT_ONCE = 2048

def wide(next_days):
    thousands = next_days.filter(_.ahead == 1).select("batch_date", k=ibis.range(0, count // 1000).unnest())
    rows = thousands.select("batch_date", n=_.k * 1000 + ibis.range(0, 1000).unnest())
    return rows.mutate(**{f"x{c}": (_.n + c).cast("float64") for c in range(WIDE)})

def narrow(rows, mean_model):
    return pa.RecordBatch.from_arrays([rows["batch_date"], pc.add(rows["x0"], rows[f"x{WIDE - 1}"])], schema=Sums.arrow_schema())

def score(rows_to_score):
    global count
    count, table = rows_to_score, like("expected_counts", narrow, scores=wide, contract=Sums)
    with warehouse.connect() as con:
        engine.DuckDB(con, Path(warehouse.lake), Artifacts(Path(warehouse.models))).stage(table, [day_of(0)])
        assert con.con.execute("select count(*) from _kept").fetchall() == [(rows_to_score,)]

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

warehouse = warehouse_in(Path(sys.argv[1]))
score(1000)
before = peak()
score(int(sys.argv[2]))
print(peak() - before)
"""


def test_the_memory_that_scoring_takes_does_not_grow_with_the_rows_to_score(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    columns, count = 50, 100_000

    def megabytes(rows: int) -> float:
        arguments = [str(Path(shop_warehouse.database).parent), str(rows), str(columns)]
        return float(subprocess.run([sys.executable, "-c", _SCORES, *arguments], capture_output=True, text=True, check=True).stdout)

    few, ten_times = megabytes(count), megabytes(10 * count)
    all_to_score = 10 * count * columns * 8 / (1 << 20)
    # What was scored is kept, with a few bytes a row.
    assert ten_times - few < all_to_score / 5, f"{few:.0f} MB more for {count} rows, {ten_times:.0f} MB more for ten times as many of {all_to_score:.0f} MB"


# What is published.


def test_a_published_table_is_known_by_its_contract(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    with shop_warehouse.connect() as con:
        counts = published(con, SHOP.table("recent_counts"), "kind_counts")
        assert counts.columns == tuple(SHOP.table("kind_counts").contract.columns())
        assert counts.filter(_.batch_date == days[0]).order_by("kind").to_pyarrow()["kind"].to_pylist() == ["rice", "tea", "unknown"]


def test_the_first_rows_of_a_batch_are_in_the_order_of_its_grain(shop_warehouse: Warehouse, days: list[dt.date]) -> None:
    with shop_warehouse.connect() as con:
        assert first_rows(con, SHOP.table("kind_counts"), days[0], 2)["kind"].to_pylist() == ["rice", "tea"]
