"""The laws on the project's graph, over lakes as its sources deliver them: a new table is under them without being named here."""

import datetime as dt
import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batch_assets.settings
from batch_assets.ingest.lakefile import LEAST_REFUSED
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from .history import write_history
from .others import OTHERS, SMALL, write_other
from .writer import day_of, noon, product, till_line, write_catalogue, write_till

Contents = dict[tuple[str, dt.date], str]


@dataclass(frozen=True)
class Day:
    """What is written of a day: lines of the till log, products of the catalogue, and records of the other sources by their name."""

    lines: list[str]
    products: list[dict[str, object]]
    others: dict[str, list[str]]

    def rows(self, source: str) -> int:
        """Return the number of rows in a source's file."""
        return {"pos_log": len(self.lines), "catalogue": len(self.products)}.get(source) or len(self.others[source])


IN_ORDER = configured_graph().in_order()
BY_NAME = {table.name: table for table in IN_ORDER}
LATE = [t for t in IN_ORDER if {"demand_model"} & {upstream.name for upstream in configured_graph().with_upstreams([t.name])}]
"""The tables that need a history to be made, since a model is refused without one."""
EARLY = [t for t in IN_ORDER if t not in LATE]
"""The tables that need none."""
HISTORY = 46


@st.composite
def lakes(draw: st.DrawFn) -> list[Day]:
    """Draw three days of a lake: a good record of each source, and then anything. To publish a lake takes seconds, so a few of them have much of everything.

    Fewer lines than would have a file refused whole are no rows.
    """
    junk = st.sampled_from(["", "x", "-1", "0", "1.5", "99999999999999999999", "NULL", "1970-01-01T00:00:00Z", '"a"', " 1"])
    days: list[Day] = []
    for number in range(3):
        day, lines = day_of(number), [till_line(day_of(number), receipt_id="900")]
        for line in range(draw(st.integers(2, 8))):
            fields = {
                "receipt_id": str(draw(st.integers(1, 3))),
                "line_no": str(draw(st.integers(1, 3))),
                "sold_at": noon(day_of(draw(st.integers(max(0, number - 2), number)))),
                "product_id": str(draw(st.integers(1, 5))),
                "quantity": str(draw(st.integers(0, 9))),
                "amount": f"{draw(st.integers(0, 999)) / 100:.2f}",
            }
            spoiled = draw(st.dictionaries(st.sampled_from(sorted(fields)), junk, max_size=1))
            lines.append(till_line(day, **fields | spoiled) + (draw(st.sampled_from(["", "", "", ",more"])) if line < LEAST_REFUSED - 1 else ""))
        some = st.builds(lambda p, c: product(p, category=c), st.integers(1, 5), st.sampled_from(["MILK", "BREAD", None]))
        others = {
            name: [SMALL[name].records(day)[0], *draw(st.lists(st.sampled_from(SMALL[name].records(day)), min_size=1, max_size=LEAST_REFUSED - 1))]
            for name in OTHERS
        }
        days.append(Day(lines, [product(1), *draw(st.lists(some, min_size=1, max_size=6))], others))
    return days


def written(folder: Path, lake: list[Day]) -> Warehouse:
    """Write a lake, and return an empty warehouse beside it."""
    warehouse = warehouse_in(folder)
    root = Path(warehouse.lake)
    for number, day in enumerate(lake):
        write_till(root, day_of(number), day.lines)
        write_catalogue(root, day_of(number), day.products)
        for name, records in day.others.items():
            write_other(root, name, day_of(number), records)
    return warehouse


def contents(warehouse: Warehouse) -> Contents:
    """Return the content hash of every published batch."""
    with warehouse.connect() as con:
        return {(a, d): c for a, d, c in con.con.execute("select asset, batch_date, content from quality.batches").fetchall()}


def run(warehouse: Warehouse, made: list[Table], *days: dt.date) -> None:
    """Publish a range of days of each table."""
    warehouse.keep_open()
    for table in made:
        publish(table, warehouse, days, "run")
    warehouse.close()


@settings(max_examples=3, deadline=None)
@given(lakes(), st.randoms(use_true_random=False))
def test_a_range_equals_its_days_in_any_order_and_repeated_and_no_later_day_changes_them(lake: list[Day], chance: random.Random) -> None:
    """Both laws on the same batches, since it takes seconds to make them."""
    days = [day_of(n) for n in range(len(lake))]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, tempfile.TemporaryDirectory() as three:
        at_once, by_day, short = written(Path(one), lake), written(Path(two), lake), written(Path(three), lake[:2])
        run(at_once, EARLY, *days)
        by_day.keep_open()
        for table in EARLY:
            any_order = [*days, *days[:1]]
            chance.shuffle(any_order)
            for day in any_order:
                publish(table, by_day, [day], "run")
        by_day.close()
        found = contents(at_once)
        assert len(found) == len(EARLY) * len(days)
        assert contents(by_day) == found
        run(short, EARLY, *days[:2])
        assert contents(short) == {(asset, day): content for (asset, day), content in found.items() if day <= days[1]}


@settings(max_examples=4, deadline=None)
@given(lakes())
def test_every_row_that_is_read_is_kept_or_quarantined(lake: list[Day]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = written(Path(folder), lake)
        reading = [t for t in EARLY if t.source]
        run(warehouse, reading, *(day_of(n) for n in range(len(lake))))
        with warehouse.connect() as con:
            batches = con.con.execute("select asset, batch_date, rows_in, rows_kept, rows_rejected from quality.batches").fetchall()
            assert len(batches) == len(reading) * len(lake)
            for asset, day, rows_in, kept, rejected in batches:
                source = BY_NAME[asset.split(".")[1]].source
                assert source
                assert rows_in == kept + rejected == lake[(day - day_of(0)).days].rows(source.name)
                assert con.con.execute(f"select count(*) from {asset} where batch_date = ?", [day]).fetchall() == [(kept,)]
                quarantined = con.con.execute(
                    "select count(*), count(source_line), count(raw) from quality.quarantine where asset = ? and batch_date = ?", [asset, day]
                )
                assert quarantined.fetchall() == [(rejected,) * 3]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a lake and a warehouse of some weeks, in which the late tables are still to be made."""
    folder = tmp_path_factory.mktemp("history")
    warehouse = warehouse_in(folder)
    days = write_history(Path(warehouse.lake), HISTORY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_assets.settings.settings, "min_training_days", 30)
        run(warehouse, EARLY, *days)
        yield folder


def copied(history: Path, folder: str) -> Warehouse:
    """Return a copy of the history."""
    shutil.copytree(history, folder, dirs_exist_ok=True)
    return warehouse_in(Path(folder))


def of_late(found: Contents) -> Contents:
    """Return the batches of the late tables."""
    names = {f"{t.layer}.{t.name}" for t in LATE}
    return {(asset, day): content for (asset, day), content in found.items() if asset in names}


@pytest.fixture(scope="module")
def at_once(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The last nine days, on two of which models are trained anew, of each late table, made in one range."""
    warehouse = copied(history, str(tmp_path_factory.mktemp("at_once")))
    run(warehouse, LATE, *LAST_DAYS)
    return of_late(contents(warehouse))


LAST_DAYS = [day_of(n) for n in range(HISTORY - 9, HISTORY)]


@settings(max_examples=3, deadline=None)
@given(order=st.permutations(LAST_DAYS))
def test_models_and_predictions_are_the_same_in_any_order_of_days(history: Path, at_once: Contents, order: list[dt.date]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = copied(history, folder)
        warehouse.keep_open()
        for table in LATE:
            for day in [*order, order[0]]:
                publish(table, warehouse, [day], "run")
        warehouse.close()
        assert of_late(contents(warehouse)) == at_once
        assert len(at_once) == len(LATE) * len(LAST_DAYS)


def test_models_and_predictions_do_not_see_a_later_day(history: Path, at_once: Contents, tmp_path: Path) -> None:
    warehouse, changed = copied(history, str(tmp_path)), LAST_DAYS[4]
    write_till(Path(warehouse.lake), changed, [till_line(changed, quantity="9")])
    run(warehouse, EARLY, *LAST_DAYS[4:])
    run(warehouse, LATE, *LAST_DAYS)
    found = of_late(contents(warehouse))
    differ = {(asset, day) for (asset, day), content in found.items() if content != at_once[asset, day]}
    assert differ
    assert min(day for _, day in differ) >= changed


def test_a_line_that_is_sent_again_within_the_days_that_it_may_be_late_is_sold_once(tmp_path: Path) -> None:
    warehouse = warehouse_in(tmp_path)
    again = till_line(day_of(0), receipt_id="7")
    for number in range(8):
        write_till(Path(warehouse.lake), day_of(number), [till_line(day_of(number), receipt_id="900"), *([again] if number in (0, 1, 7) else [])])
        for name in ("till_lines", "sales_lines"):
            publish(BY_NAME[name], warehouse, [day_of(number)], "run")
    with warehouse.connect() as con:
        kept = con.con.execute("select batch_date from marts.sales_lines where receipt_id = 7").fetchall()
        refused = con.con.execute("select batch_date, source_line, reason from quality.quarantine where asset = 'marts.sales_lines' order by all").fetchall()
    first = "the line was sent before: sales/pos/2017-01-01.csv.gz, line 3"
    assert kept == [(day_of(0),)]
    assert refused == [(day_of(1), 3, first), (day_of(7), 3, first)]
