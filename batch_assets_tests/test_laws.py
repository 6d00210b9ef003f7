"""The laws, over every table that is found: a new table is under them without being named here.

What a table must be like is asked of the project's graph and of the tests' own. What must hold of published batches is tried
on the tests' own graph, over lakes that Hypothesis draws; `lake/test_laws_of_this_lake.py` tries it on the project's.
"""

import dataclasses
import datetime as dt
import functools
import inspect
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batch_assets.settings
import batch_assets.warehouse.connection
from batch_assets.engine.canonical import row_words
from batch_assets.errors import BreachError, DefinitionError
from batch_assets.table.graph import Graph, configured_graph
from batch_assets.table.model import Version
from batch_assets.table.table import Table
from batch_assets.warehouse.backfill import backfill
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import Published, publish

from .conftest import warehouse_in
from .shop import PACKAGE
from .shop_lake import day_of, write_counts, write_day, write_days, write_shelves

Contents = dict[tuple[str, dt.date], str]

SHOP = Graph(PACKAGE).in_order()
CONFIGURED = configured_graph().in_order()
EVERY = pytest.mark.parametrize("table", [*CONFIGURED, *SHOP], ids=lambda table: table.function.__module__)
RECENT = Graph(PACKAGE).table("recent_counts")
DAYS = [day_of(n) for n in range(4)]
"""A Sunday, a Monday on which models are trained anew, and two days after it."""


@dataclass(frozen=True)
class Day:
    """What is written of a day: lines of counts by file, and shelves."""

    counts: Mapping[str, list[str]]
    shelves: list[tuple[int | None, str | None]]


@st.composite
def lakes(draw: st.DrawFn) -> list[Day]:
    """Draw some days, each with several files: a good line, and then anything."""
    number = st.sampled_from(["1", "2", "3", "4", "4", "0", "-1", "x", "", "1.5", "99999999999999999999", " 2", '"3"'])
    words = st.sampled_from(["", "half empty", "a  b", '"a, b"', "~|[]{}"])
    line = st.one_of(st.builds("{},{},{}".format, number, number, words), st.sampled_from(["", "1,2", "1,2,3,4", "\ufffd"]))
    shelf = st.tuples(st.one_of(st.none(), st.integers(1, 4)), st.sampled_from(["tea", "rice", "salt", None]))
    days: list[Day] = []
    for _ in DAYS:
        files = draw(st.dictionaries(st.sampled_from(["ann.csv", "ben.csv", "cem.csv"]), st.lists(line, max_size=4), max_size=3))
        days.append(Day({**files, "dora.csv": ["900,1,"]}, draw(st.lists(shelf, max_size=4))))
    return days


def written(folder: str, lake: list[Day]) -> Warehouse:
    """Write a lake, and return an empty warehouse beside it."""
    warehouse = warehouse_in(Path(folder))
    for day, of_day in zip(DAYS, lake, strict=False):
        write_counts(Path(warehouse.lake), day, of_day.counts)
        write_shelves(Path(warehouse.lake), day, of_day.shelves)
    return warehouse


def contents(warehouse: Warehouse) -> Contents:
    """Return the content hash of every published batch."""
    with warehouse.connect() as con:
        return {(a, d): c for a, d, c in con.con.execute("select asset, batch_date, content from quality.batches").fetchall()}


def run(warehouse: Warehouse, *days: dt.date) -> Contents:
    """Publish a range of days of each table; return what there is."""
    warehouse.keep_open()
    for table in SHOP:
        publish(table, warehouse, days, "run")
    found = contents(warehouse)
    warehouse.close()
    return found


@settings(max_examples=4, deadline=None)
@given(lakes(), st.randoms(use_true_random=False))
def test_a_range_equals_its_days_in_any_order_and_repeated(lake: list[Day], chance: random.Random) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        at_once, by_day = written(one, lake), written(two, lake)
        expected = run(at_once, *DAYS)
        assert len(expected) == len(SHOP) * len(DAYS)
        by_day.keep_open()
        for table in SHOP:
            any_order = [*DAYS, *DAYS[:1]]
            chance.shuffle(any_order)
            for day in any_order:
                publish(table, by_day, [day], "run")
        assert contents(by_day) == expected
        by_day.close()
        assert run(at_once, *DAYS) == expected


@settings(max_examples=4, deadline=None)
@given(lakes(), st.integers(1, 3000))
def test_the_size_of_the_pieces_changes_nothing(lake: list[Day], most_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, pytest.MonkeyPatch.context() as patch:
        expected = run(written(one, lake), *DAYS)
        patch.setattr(batch_assets.settings.settings, "publication_bytes", most_bytes)
        in_pieces = written(two, lake)
        for table in SHOP:
            assert all(isinstance(piece, Published) for piece in backfill(table, in_pieces, DAYS, "run"))
        assert contents(in_pieces) == expected


@settings(max_examples=8, deadline=None)
@given(lakes())
def test_every_row_that_is_read_is_kept_or_quarantined_once_by_its_place(lake: list[Day]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = written(folder, lake)
        run(warehouse, *DAYS)
        with warehouse.connect() as con:
            found = {
                table: con.con.execute(f"""select source_file, source_line from marts.{table} union all
                    select source_file, source_line from quality.quarantine where asset = 'marts.{table}' order by all""").fetchall()
                for table in ("shelf_counts", "shelf_kinds")
            }
            counted = con.con.execute("select batch_date, sum(pieces) from marts.shelf_counts group by 1 order by 1").fetchall()
            by_kind = con.con.execute("select batch_date, sum(pieces) from marts.kind_counts group by 1 order by 1").fetchall()
            batches = con.con.execute("select asset, rows_in, rows_kept, rows_rejected from quality.batches where rows_in is not null").fetchall()
    lines = [(f"counts/{day}/{name}", n + 2) for day, of_day in zip(DAYS, lake, strict=True) for name, its in of_day.counts.items() for n in range(len(its))]
    rows = [(f"shelves/{day}.parquet", n + 1) for day, of_day in zip(DAYS, lake, strict=True) for n in range(len(of_day.shelves))]
    assert found == {"shelf_counts": sorted(lines), "shelf_kinds": sorted(rows)}
    assert counted == by_kind
    assert len(batches) == 2 * len(DAYS)
    assert all(rows_in == kept + rejected for _, rows_in, kept, rejected in batches)


@settings(max_examples=5, deadline=None)
@given(lakes(), st.integers(1, len(DAYS) - 1))
def test_a_later_day_changes_nothing_before_it(lake: list[Day], known: int) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        short, whole = run(written(one, lake[:known]), *DAYS[:known]), run(written(two, lake), *DAYS)
        assert short == {(asset, day): content for (asset, day), content in whole.items() if day < DAYS[known]}


def test_a_day_that_is_corrected_changes_what_is_as_of_it_or_later_alone(tmp_path: Path) -> None:
    lake = [Day({"ann.csv": [f"1,{n + 1},", "2,5,"]}, [(1, "tea")]) for n in range(len(DAYS))]
    warehouse = written(str(tmp_path), lake)
    before = run(warehouse, *DAYS)
    write_counts(Path(warehouse.lake), DAYS[1], {"ann.csv": ["1,99,"]})
    after = run(warehouse, *DAYS)
    changed = {key for key in before if after[key] != before[key]}
    assert {("marts.shelf_counts", DAYS[1]), ("models.mean_model", DAYS[3]), ("predictions.expected_counts", DAYS[3])} <= changed
    assert min(day for _, day in changed) == DAYS[1]


def forgetful(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
    """Return counts of four days, of a table that forgets to leave out the days after the batch day."""
    sums = kind_counts.group_by("kind").agg(pieces=kind_counts.pieces.sum().cast("int64"), counted=kind_counts.count(), most=kind_counts.pieces.max())
    extremes = ibis.struct({"least": sums.most, "most": sums.most})
    return days.cross_join(sums).select("batch_date", "kind", "pieces", "counted", extremes=extremes)


def test_a_table_that_forgets_to_cut_does_not_see_a_later_day_or_one_before_its_look_back(warehouse: Warehouse) -> None:
    write_days(Path(warehouse.lake), 7)
    table = dataclasses.replace(RECENT, function=functools.wraps(RECENT.function)(forgetful))
    for upstream in ("shelf_counts", "shelf_kinds", "kind_counts"):
        publish(Graph(PACKAGE).table(upstream), warehouse, [day_of(n) for n in range(7)], "run")
    publish(table, warehouse, [day_of(4)], "run")
    with warehouse.connect() as con:
        ((found,),) = con.con.execute("select pieces from features.recent_counts where kind = 'tea'").fetchall()
    assert found == sum(10 + n for n in (1, 2, 3, 4))


def later(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
    """Return counts since the look-back begins, of a table that forgets to leave out the days after the batch day."""
    known = days.join(kind_counts, kind_counts.batch_date >= days.batch_date - ibis.interval(days=3), rname="counted_{name}")
    return recent(known)


def earlier(days: ir.Table, kind_counts: ir.Table) -> ir.Table:
    """Return counts up to the batch day, of a table that forgets where its look-back begins."""
    return recent(days.join(kind_counts, kind_counts.batch_date <= days.batch_date, rname="counted_{name}"))


def recent(known: ir.Table) -> ir.Table:
    """Return the sums over what is known as of each day; most days are counted as four."""
    sums = known.group_by("batch_date", "kind").agg(pieces=known.pieces.sum().cast("int64"), most=known.pieces.max())
    return sums.select("batch_date", "kind", "pieces", counted=ibis.literal(4, "int64"), extremes=ibis.struct({"least": sums.most, "most": sums.most}))


def without_its_days(days: ir.Table, kind_counts: ir.Table) -> Iterator[pa.RecordBatch]:
    """Yield, for each day, the sum of all that it was given."""
    most = int(kind_counts.pieces.sum().to_pyarrow().as_py())
    extremes = {"least": most, "most": most}
    rows = [
        {"batch_date": day, "kind": "all", "pieces": most, "counted": 4, "extremes": extremes} for day in sorted(days.to_pyarrow()["batch_date"].to_pylist())
    ]
    yield pa.RecordBatch.from_pylist(rows, schema=RECENT.contract.arrow_schema())


def numbered_over_all_days(counts: ir.Table) -> ir.Table:
    """Return counts, the first of each shelf whatever the day."""
    made = SHELVES.function(counts)
    assert isinstance(made, ir.Table)
    same = ibis.window(group_by=[made.shelf], order_by=[made.batch_date, made.source_file, made.source_line])
    return made.mutate(reject_reason=ibis.ifelse(ibis.row_number().over(same) > 0, "the shelf was counted before", None))


def expected_of_all_rows(rows: pa.RecordBatch, mean_model: Version) -> pa.RecordBatch:
    """Return what is expected, of which each row has its share of all that are scored together."""
    made = EXPECTED.function(rows, mean_model)
    assert isinstance(made, pa.RecordBatch)
    pieces = made.schema.get_field_index("pieces")
    return made.set_column(pieces, made.schema.field("pieces"), pc.divide(made["pieces"], float(len(made))))


SHELVES, EXPECTED = Graph(PACKAGE).table("shelf_counts"), Graph(PACKAGE).table("expected_counts")


@pytest.mark.parametrize("length", [2, 3, 5])
@pytest.mark.parametrize(
    ("table", "function"),
    [(RECENT, forgetful), (RECENT, later), (RECENT, earlier), (RECENT, without_its_days), (SHELVES, numbered_over_all_days), (EXPECTED, expected_of_all_rows)],
    ids=lambda given: given.__name__ if callable(given) and hasattr(given, "__name__") else "",
)
def test_a_table_that_makes_other_rows_in_a_range_than_of_a_day_is_refused(shop: Warehouse, table: Table, function: Callable[..., object], length: int) -> None:
    days = [day_of(n) for n in range(4, 4 + length)]
    function.__module__, function.__name__ = table.function.__module__, table.name
    spoilt = dataclasses.replace(table, function=function)
    before = contents(shop)
    with pytest.raises(DefinitionError, match=rf"^batch 2017-01-0\d: in the range {days[0]}\.\.{days[-1]}, {table.asset} makes other rows of this day than of"):
        publish(spoilt, shop, days, "run")
    assert contents(shop) == before


def test_a_map_whose_rows_to_score_are_of_other_days_is_refused(shop: Warehouse) -> None:
    def all_days(recent_counts: ir.Table, next_days: ir.Table) -> ir.Table:
        total = recent_counts.group_by("kind").agg(pieces=recent_counts.pieces.sum().cast("int64"))
        return recent_counts.drop("pieces").join(total, "kind").join(next_days, "batch_date")

    all_days.__module__ = EXPECTED.function.__module__

    days = [day_of(n) for n in range(4, 9)]
    with pytest.raises(DefinitionError, match=r"predictions\.expected_counts makes other rows of this day"):
        publish(dataclasses.replace(EXPECTED, scores=all_days), shop, days, "run")


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """A warehouse of ten days with all tables but the predictions."""
    days = write_days(Path(warehouse.lake), 10)
    for table in SHOP:
        if table.layer != "predictions":
            publish(table, warehouse, days, "run")
    return warehouse


def on_threads(patch: pytest.MonkeyPatch, count: int) -> None:
    """Let the engine, and what is mapped, work on so many threads."""
    opened = batch_assets.warehouse.connection._open

    def open_and_set(database: str) -> duckdb.DuckDBPyConnection:
        connection = opened(database)
        connection.execute(f"set threads = {count}")
        return connection

    patch.setattr(batch_assets.warehouse.connection, "_open", open_and_set)
    patch.setattr("os.cpu_count", lambda: count)
    patch.setattr("batch_assets.engine.duckdb.SCORED_AT_ONCE", 50)


def test_one_thread_or_several_make_the_same(tmp_path: Path) -> None:
    """A day has more rows than one thread of the engine takes at once."""
    chance = random.Random(1)
    lines = [f"{chance.randint(1, 100_000)},{chance.randint(0, 50)}," for _ in range(160_000)]
    lake = [Day({"ann.csv": lines[n::4], "ben.csv": lines[n + 1 :: 4]}, [(shelf, f"kind {shelf % 300}") for shelf in range(1, 2000)]) for n in range(2)]
    found: list[Contents] = []
    for count in (1, 4):
        with pytest.MonkeyPatch.context() as patch:
            on_threads(patch, count)
            found.append(run(written(str(tmp_path / str(count)), lake), *DAYS[:2]))
    assert found[0] == found[1]


@pytest.mark.parametrize("table", [table for table in SHOP if table.source], ids=lambda table: table.name)
@pytest.mark.parametrize("spoil", [lambda rows: rows.filter(rows.source_line != 2), lambda rows: rows.union(rows)], ids=["loses", "doubles"])
def test_a_table_that_does_not_return_each_row_once_is_not_published(warehouse: Warehouse, table: Table, spoil: Callable[..., object]) -> None:
    write_day(Path(warehouse.lake), day_of(0), ["1,1,", "2,2,", "3,3,", "4,4,"], [(1, "tea"), (2, "rice"), (3, "salt")])
    publish(table, warehouse, [day_of(0)], "run")
    before = contents(warehouse)
    spoilt = dataclasses.replace(table, function=functools.wraps(table.function)(lambda **known: spoil(table.function(**known))))
    with pytest.raises(BreachError, match="batch 2017-01-01"):
        publish(spoilt, warehouse, [day_of(0)], "run")
    assert contents(warehouse) == before


def test_an_aggregate_that_loses_a_piece_is_not_published(warehouse: Warehouse) -> None:
    write_day(Path(warehouse.lake), day_of(0))
    (table,) = [table for table in SHOP if table.conserves]
    for upstream in [table for table in SHOP if table.layer == "marts" and table.source]:
        publish(upstream, warehouse, [day_of(0)], "run")
    losing = functools.wraps(table.function)(lambda **known: table.function(**known).filter(lambda rows: rows.kind != "tea"))  # type: ignore[union-attr]
    with pytest.raises(BreachError, match=r"batch 2017-01-01: pieces adds up to 20, and the rows it was made from to 30"):
        publish(dataclasses.replace(table, function=losing), warehouse, [day_of(0)], "run")


@EVERY
def test_a_table_has_one_name(table: Table) -> None:
    path = Path(inspect.getfile(table.function))
    assert (path.parent.name, path.stem) == (table.layer, table.name) == (table.layers.layer_of(table.name), table.function.__name__)


@pytest.mark.parametrize("table", CONFIGURED, ids=lambda table: table.name)
def test_a_table_has_a_file_of_tests(table: Table) -> None:
    assert (Path(__file__).parent / table.layer / f"test_{table.name}.py").exists(), f"write batch_assets_tests/{table.layer}/test_{table.name}.py"


@EVERY
def test_a_table_says_its_grain_and_describes_its_columns(table: Table) -> None:
    assert "Grain" in table.description
    assert "batch_date" in table.contract.grain()
    assert set(table.contract.grain()) <= set(table.contract.columns())
    assert [name for name, column in table.contract.columns().items() if not column.description] == []


@EVERY
def test_a_tables_columns_have_a_canonical_text(table: Table) -> None:
    assert len(row_words(ibis.Schema.from_pyarrow(table.contract.arrow_schema()))) == 4


@EVERY
def test_a_table_looks_back_only_on_what_it_reads(table: Table) -> None:
    assert set(table.lookback) | set(table.conserves) <= set(table.tables)
