"""A day while it lasts: its part is what the same functions make of what has landed so far, says how far it reaches, and changes nothing of the day.

The laws are held over random cuts of a day into segments.
"""

import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from batch_assets.__main__ import main
from batch_assets.demo.stream.seen import seen_so_far
from batch_assets.demo.stream.tills import Sent
from batch_assets.engine.canonical import content_of
from batch_assets.engine.open_day import OpenDay
from batch_assets.engine.staging import REJECTED
from batch_assets.errors import DefinitionError, LakeError, MissingBatchError, WarehouseError
from batch_assets.lake.pos_log import pos_log
from batch_assets.orchestration.definitions import build_defs
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.settings import settings
from batch_assets.streams.health import Health, note
from batch_assets.streams.tills import tills
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.part import Part, publish_part
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from .history import CLOSED, publish_all, write_rough_history
from .streamed import end, in_the_day, land, opened, sent
from .writer import day_of, product, till_line, write_catalogue, write_till

LENGTH = 51
DAY = day_of(LENGTH - 1)
GRAPH = configured_graph()
(SALES,) = (table for table in GRAPH.today() if table.name == "sales_today")
OF_THE_DAY = GRAPH.with_upstreams(["demand_forecast"])
"""The tables that are made of the day when it has ended."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A rough history, published but for its last day, whose till file is still there."""
    folder = tmp_path_factory.mktemp("history")
    warehouse = warehouse_in(folder)
    write_rough_history(Path(warehouse.lake), LENGTH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "min_training_days", 30)
        patch.setattr(settings, "closed_days", CLOSED)
        publish_all(warehouse, day_of(LENGTH - 2), day_of(LENGTH - 2))
        yield folder


class Shop:
    """A copy of the history, in which the last day comes by the stream."""

    def __init__(self, history: Path, folder: Path) -> None:
        shutil.copytree(history, folder, dirs_exist_ok=True)
        self.warehouse = warehouse_in(folder)
        self.lake = Path(self.warehouse.lake)
        self.come = sent(self.lake, DAY)
        pos_log.path(self.lake, DAY).unlink()
        self.manifest, self.at = opened(self.lake, DAY), 0

    def lands(self, until: int | None = None, reaches: dt.datetime | None = None) -> None:
        """Land the day's events up to a number, and note how far that reaches."""
        last = len(self.come) if until is None else until
        self.manifest = land(self.lake, self.manifest, self.come[self.at : last])
        self.at = last
        note(tills.days(self.lake), Health(DAY, reaches, {}))

    def looks(self) -> Part:
        """Make the part of the day that has landed."""
        part = publish_part(SALES, self.warehouse)
        assert part
        return part

    def ends(self) -> dict[str, str]:
        """Close the day, publish it, and return the contents of its batches."""
        end(self.lake, self.manifest)
        for table in OF_THE_DAY:
            publish(table, self.warehouse, [DAY], "run")
        with self.warehouse.connect() as con:
            return dict(con.con.execute("select asset, content from quality.batches where batch_date = ?", [DAY]).fetchall())

    def of_the_closed_day(self) -> str:
        """Return the content that the table of the day has if it is made of what was published of the whole day."""
        assert SALES.expression is not None
        with self.warehouse.connect() as con:
            for name, layer in (("category_day_sales", "marts"), ("demand_forecast", "predictions")):
                con.con.execute(f"create or replace temp view {name} as from {layer}.{name} where batch_date between '{DAY}'::date - 1 and '{DAY}'")
            con.con.execute(f"create or replace temp table whole as from ({con.compile(SALES.expression)}) where batch_date = '{DAY}'")
            return content_of(con, "whole", DAY)


@pytest.fixture
def shop(history: Path, tmp_path: Path) -> Shop:
    return Shop(history, tmp_path / "shop")


def rows(part: Part) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(part.file).to_pylist()
    return found


@contextmanager
def held_by_another(database: str) -> Iterator[None]:
    """Let another process hold a DuckDB file."""
    code = f"import duckdb, sys; held = duckdb.connect({database!r}); print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    try:
        yield
    finally:
        process.communicate(timeout=30)


cuts = st.lists(st.integers(0, 36), max_size=6).map(sorted)


@of_hypothesis(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(first=cuts, second=cuts)
def test_a_day_is_bit_for_bit_what_it_would_have_been_without_any_part_of_it(history: Path, first: list[int], second: list[int]) -> None:
    """Of three shops, one is looked at after each cut, one has the same segments and is never looked at, and one has others. Shrinking would take minutes."""
    with tempfile.TemporaryDirectory() as folder:
        looked, same, other = (Shop(history, Path(folder) / name) for name in ("looked", "same", "other"))
        before = {path: path.read_bytes() for path in (Path(looked.warehouse.database), *looked.lake.rglob("*")) if path.is_file()}
        for cut in first:
            looked.lands(cut)
            looked.looks()
            same.lands(cut)
        for shop in (looked, same, other):
            for cut in second if shop is other else []:
                shop.lands(cut)
            shop.lands()
        last = looked.looks()
        assert all(path.read_bytes() == content for path, content in before.items() if tills.folder not in str(path)), "a part only reads"
        contents = looked.ends()
        assert contents == same.ends()
        assert last.content == looked.of_the_closed_day()
        assert other.looks().content == last.content
        of_other = other.ends()
        assert {asset for asset in contents if of_other[asset] != contents[asset]} <= {"marts.till_lines", "marts.sales_lines"}, "they name segments"


def test_a_part_has_what_has_landed_and_says_how_far_it_reaches(shop: Shop) -> None:
    shop.lands(10, in_the_day(DAY, 9))
    first = shop.looks()
    shop.lands(20, in_the_day(DAY, 14))
    second = shop.looks()
    assert (first.events, second.events) == (10, 20)
    assert (first.reaches, second.reaches) == (in_the_day(DAY, 9), in_the_day(DAY, 14))
    assert first.file == second.file == Path(shop.warehouse.published) / "today" / "sales_today.parquet"
    assert {row["reaches_to"] for row in rows(second)} == {in_the_day(DAY, 14).replace(tzinfo=None)}
    assert {row["batch_date"] for row in rows(second)} == {DAY}
    assert all(row["forecast"] is None or row["lower"] <= row["forecast"] <= row["upper"] for row in rows(second))
    assert any(row["forecast"] for row in rows(second))
    assert pq.read_metadata(second.file).metadata[b"content"].decode() == second.content
    assert not [path for path in second.file.parent.iterdir() if path != second.file]
    sold = sum(row["lines"] for row in rows(second))
    shop.lands()
    assert 0 < sold < sum(row["lines"] for row in rows(shop.looks()))


def test_a_line_that_was_sent_before_counts_once(shop: Shop) -> None:
    again = [event for event in shop.come if b'"receipt_id":"1"' in event.value]
    assert len(again) == 2, "a repeat with another quantity"
    shop.lands()
    units = {row["category"]: row["units"] for row in rows(shop.looks())}
    assert units["CATEGORY 01"] < 999


def test_a_line_that_was_sent_on_a_day_before_is_rejected_with_its_place(shop: Shop) -> None:
    before = day_of(LENGTH - 2)
    again = dict(zip(pos_log.columns, till_line(before, receipt_id="1", product_id="1").split(","), strict=True))
    shop.come.append(Sent(in_the_day(DAY, 20), b"31", json.dumps(again).encode()))
    shop.lands()
    files = [tills.days(shop.lake) / str(DAY) / name for name in shop.manifest.files()]
    with shop.warehouse.read_only() as con:
        engine = OpenDay(con, shop.lake, Artifacts(Path(shop.warehouse.models)), DAY)
        engine.make(GRAPH.table("till_lines"), files)
        engine.make(GRAPH.table("sales_lines"), [])
        ((told,),) = con.con.execute(f"select reason from {REJECTED} where raw like ?", [f'%"sold_on":"{before}"%']).fetchall()
    assert told == f"the line was sent before: sales/pos/{before}.csv.gz, line 2"


def test_a_day_that_was_published_of_a_file_all_the_same_is_not_counted_twice(shop: Shop) -> None:
    """The file is delivered while the stream's day lasts."""
    shop.lands(12)
    part = shop.looks()
    write_till(shop.lake, DAY, [till_line(DAY, receipt_id=str(n), quantity="9") for n in range(500, 520)])
    for name in ("products", "till_lines", "sales_lines", "category_day_sales"):
        publish(GRAPH.table(name), shop.warehouse, [DAY], "run")
    assert shop.looks().content == part.content


@pytest.mark.parametrize("health", [None, Health(DAY, None, {}), Health(DAY - dt.timedelta(days=1), in_the_day(DAY, 0) - dt.timedelta(hours=1), {})])
def test_what_is_not_known_to_be_reached_is_not(shop: Shop, health: Health | None) -> None:
    shop.manifest = land(shop.lake, shop.manifest, shop.come[:5])
    if health:
        note(tills.days(shop.lake), health)
    assert shop.looks().reaches == in_the_day(DAY, 0)


def test_a_day_in_which_nothing_has_landed_yet_has_no_sales(shop: Shop) -> None:
    part = shop.looks()
    assert part.events == 0
    assert {row["units"] for row in rows(part)} == {0}


def test_nothing_as_of_a_day_reads_an_open_one(shop: Shop) -> None:
    shop.lands()
    shop.looks()
    with pytest.raises(LakeError, match=f"there is no file for {DAY}"):
        publish(GRAPH.table("till_lines"), shop.warehouse, [DAY], "run")
    with pytest.raises(DefinitionError, match=r"sales_today: a file sales_today\.py is in no layer's folder"):
        GRAPH.layers.layer_of("sales_today")


def test_without_an_open_day_there_is_no_part(shop: Shop) -> None:
    shop.lands()
    end(shop.lake, shop.manifest)
    assert publish_part(SALES, shop.warehouse) is None
    assert not (Path(shop.warehouse.published) / "today").exists()


def test_the_day_before_must_be_published(shop: Shop) -> None:
    shop.lands()
    end(shop.lake, shop.manifest)
    opened(shop.lake, DAY + dt.timedelta(days=1))
    with pytest.raises(MissingBatchError, match=rf"reads marts\.till_lines of .*{DAY} is not published"):
        publish_part(SALES, shop.warehouse)


def test_a_warehouse_that_is_held_is_not_waited_for_and_the_last_part_stays(shop: Shop) -> None:
    shop.lands(5)
    part = shop.looks()
    before = part.file.read_bytes()
    shop.lands()
    with held_by_another(shop.warehouse.database), pytest.raises(WarehouseError, match="held by another process"):
        shop.looks()
    assert part.file.read_bytes() == before


def test_a_catalogue_of_the_day_that_is_not_there_yet_is_that_of_the_day_before(shop: Shop) -> None:
    write_catalogue(shop.lake, DAY, [product(1, category="MOVED")])
    shop.lands()
    assert "MOVED" not in {row["category"] for row in rows(shop.looks())}


def test_the_demo_tells_it_in_a_line(shop: Shop) -> None:
    shop.lands(20, in_the_day(DAY, 14))
    look = seen_so_far(Path(shop.warehouse.database).parent)
    units, expected = (sum(row[name] for row in rows(shop.looks()) if row["forecast"] is not None) for name in ("units", "forecast"))
    assert look() == f"up to 14:00, {units:,} units sold of the {expected:,.0f} forecast"
    end(shop.lake, shop.manifest)
    assert look() == "the day is over"


def resource_of(shop: Shop) -> WarehouseResource:
    there = shop.warehouse
    return WarehouseResource(database=there.database, lake=there.lake, published=there.published, models=there.models, lock_timeout=5)


def run(shop: Shop) -> list[dict[str, Any]]:
    """Run the job `today`; return what each materialization tells."""
    job = build_defs(warehouse=resource_of(shop)).resolve_job_def("today")
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance).success
        found = [record.asset_materialization for record in instance.fetch_materializations(dg.AssetKey(["today", "sales_today"]), limit=5).records]
        return [{name: value.value for name, value in each.metadata.items()} for each in found if each]


def test_the_job_tells_dagster_how_far_a_part_reaches(shop: Shop) -> None:
    shop.lands(10, in_the_day(DAY, 9))
    (told,) = run(shop)
    assert told["reaches_to"] == in_the_day(DAY, 9).timestamp()
    assert (told["day"], told["events"]) == (str(DAY), 10)


def test_the_job_does_nothing_if_no_day_lasts_or_the_warehouse_is_held(shop: Shop) -> None:
    with held_by_another(shop.warehouse.database):
        assert run(shop) == []
    end(shop.lake, shop.manifest)
    assert run(shop) == []


def test_the_command_prints_what_was_sold_so_far(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("database", "lake", "published", "models"):
        monkeypatch.setattr(settings, "warehouse" if name == "database" else name, Path(getattr(shop.warehouse, name)))
    shop.lands(20, in_the_day(DAY, 14))
    assert main(["today"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == f"Units sold on {DAY} up to 14:00, of those that were forecast for the whole day, with an 80 % prediction interval"
    assert any(line.startswith("all that are forecast") for line in told)
    end(shop.lake, shop.manifest)
    assert main(["today"]) == 1
    assert "No day lasts" in capsys.readouterr().err
