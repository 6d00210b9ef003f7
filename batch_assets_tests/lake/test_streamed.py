"""A day that came by the stream, and not in a file: the same lines are kept and quarantined, and what is made from them is the same, bit for bit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_assets.errors import LakeError
from batch_assets.lake.pos_log import pos_log
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from .history import CLOSED, publish_all, write_rough_history
from .streamed import opened, sent, stream_instead
from .writer import day_of

LENGTH = 52
DAY = day_of(LENGTH - 1)
PLACE = ("marts.till_lines", "marts.sales_lines")
"""The tables whose rows say in which file and line they were."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rough history, published but for its last day."""
    folder = tmp_path_factory.mktemp("history")
    warehouse = warehouse_in(folder)
    write_rough_history(Path(warehouse.lake), LENGTH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "min_training_days", 30)
        patch.setattr(settings, "closed_days", CLOSED)
        publish_all(warehouse, day_of(LENGTH - 2), day_of(LENGTH - 2))
    return folder


@pytest.fixture
def a_copy(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Warehouse]:
    """Return copies of the history by a name."""
    monkeypatch.setattr(settings, "min_training_days", 30)
    monkeypatch.setattr(settings, "closed_days", CLOSED)
    return lambda name: warehouse_in(Path(shutil.copytree(history, tmp_path / name)))


def of_the_day(warehouse: Warehouse) -> tuple[dict[str, str], list[tuple[str, str]], list[tuple]]:
    """Publish the day; return the content of each table that knows no place, the quarantine without places, and the lines kept, without places."""
    for table in configured_graph().with_upstreams(["demand_forecast"]):
        publish(table, warehouse, [DAY], "run")
    with warehouse.connect() as con:
        contents = dict(con.con.execute("select asset, content from quality.batches where batch_date = ?", [DAY]).fetchall())
        quarantined = con.con.execute(
            "select asset, split_part(reason, ': ', 1) from quality.quarantine where asset in ? and batch_date = ? order by all", [PLACE, DAY]
        ).fetchall()
        kept = con.con.execute("select * exclude (source_file, source_line) from marts.sales_lines where batch_date = ? order by all", [DAY]).fetchall()
    return {asset: content for asset, content in contents.items() if asset not in PLACE}, quarantined, kept


@pytest.mark.parametrize("cuts", [[], [0, 1, 5, 20, 20, 33]], ids=["one segment", "many"])
def test_the_forecast_of_a_streamed_day_is_that_of_its_file(a_copy: Callable[[str], Warehouse], cuts: list[int]) -> None:
    by_file, by_stream = a_copy("file"), a_copy("stream")
    stream_instead(Path(by_stream.lake), DAY, cuts)
    contents, quarantined, kept = of_the_day(by_file)
    streamed, streamed_quarantine, streamed_kept = of_the_day(by_stream)
    assert "predictions.demand_forecast" in contents
    assert streamed == contents
    assert streamed_kept == kept
    no_row = {("marts.till_lines", "the value is not JSON"): ("marts.till_lines", "1 fields instead of 12")}
    assert sorted(no_row.get(line, line) for line in streamed_quarantine) == sorted(quarantined)
    assert {"1 fields instead of 12", "quantity is not a whole number", "quantity is negative", "the line was sent before"} <= {why for _, why in quarantined}


def test_a_day_that_has_not_ended_is_not_there(a_copy: Callable[[str], Warehouse]) -> None:
    warehouse = a_copy("open")
    lake = Path(warehouse.lake)
    opened(lake, DAY)
    pos_log.path(lake, DAY).unlink()
    with pytest.raises(LakeError, match=f"there is no file for {DAY}"):
        publish(configured_graph().table("till_lines"), warehouse, [DAY], "run")


def test_a_day_that_came_both_ways_is_refused(a_copy: Callable[[str], Warehouse]) -> None:
    warehouse = a_copy("both")
    lake = Path(warehouse.lake)
    file = pos_log.path(lake, DAY).read_bytes()
    stream_instead(lake, DAY)
    (path := lake / pos_log.pattern.format(day=DAY)).write_bytes(file)
    with pytest.raises(LakeError, match=rf"{path}: the day has also arrived as .*/sales/events/{DAY}/CLOSED\. Move away the one that does not count"):
        publish(configured_graph().table("till_lines"), warehouse, [DAY], "run")


def test_each_line_of_a_file_is_an_event_of_its_store(a_copy: Callable[[str], Warehouse]) -> None:
    events = sent(Path(a_copy("sent").lake), DAY)
    assert {event.key for event in events} == {b"31", b""}
    assert [event.value for event in events if not event.key] == [b"half a li"]
    assert [event.at for event in events] == sorted(event.at for event in events)
