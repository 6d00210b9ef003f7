"""A replay: its clock, its place, and a day that is sent to a real broker and landed as on the day itself."""

import base64
import datetime as dt
import gzip
import json
import socket
from collections import Counter
from pathlib import Path

import pytest

from batch_assets import partitions
from batch_assets.demo import __main__ as command
from batch_assets.demo.stream.clock import Clock, clock_from_now
from batch_assets.demo.stream.place import begin, till_file
from batch_assets.demo.stream.tills import events
from batch_assets.lake.pos_log import pos_log
from batch_assets.streams.tills import tills

from ..conftest import Lake

DAY = dt.date(2017, 12, 27)
"""A day whose till file arrives corrupt, so the right one is elsewhere."""

BEGINS = partitions.end_of(DAY - dt.timedelta(days=1))


def demo(lake: Lake, folder: Path) -> Path:
    """Return a folder that has a demo's lake, and something in the place of its warehouse."""
    lake.copy_to(folder)
    (folder / "warehouse.duckdb").write_text("the demo's")
    (folder / "models").mkdir()
    (folder / "models" / "a model").touch()
    return folder


@pytest.mark.parametrize("speed", [1, 7, 2000])
def test_what_is_appended_from_a_time_on_is_so_in_the_replay_and_in_ours(speed: int) -> None:
    clock, begins = Clock(1_000_000, DAY, speed), int(BEGINS.timestamp() * 1000)
    assert clock.replayed(1_000_000) == begins
    for when in range(begins, begins + 5 * speed):
        first = clock.ours(when)
        assert clock.replayed(first - 1) < when <= clock.replayed(first)


def test_a_day_begins_now() -> None:
    clock = clock_from_now(DAY, 1000)
    assert BEGINS <= clock.now() < BEGINS + dt.timedelta(hours=1)


def test_a_day_is_sent_landed_and_closed(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr("batch_assets.demo.stream.replay.LOOK", 0.2)
    monkeypatch.setattr("batch_assets.demo.stream.seen.seen_so_far", lambda place: lambda: f"seen in {place.name}")
    place = tmp_path / "stream"
    asked = ["stream", "--demo", str(demo(lake, tmp_path / "demo")), "--place", str(place), "--port", str(port), "--speed", "10000"]
    monkeypatch.setattr("sys.argv", ["demo", *asked])
    command.main()
    told = capsys.readouterr().out.splitlines()
    sent = list(events(lake.path, till_file(lake.path, DAY), DAY))
    assert told[0] == f"{len(sent)} lines of {DAY} are sent at 10,000 times the speed of the tills: 0:00:08.640000 for the day"
    assert any(line.endswith("segments; seen in stream") for line in told[1:-1])
    assert told[-1] == f"tills {DAY}: closed, {len(sent)} events"
    found = [json.loads(line) for file in pos_log.files(place / "lake", DAY) for line in gzip.decompress(file.read_bytes()).splitlines()]
    values = [event["value"].encode() if "value" in event else base64.b64decode(event["value_base64"]) for event in found]
    assert Counter(values) == Counter(event.value for event in sent)
    appended = [event["appended_at"] / 1000 for event in found]
    assert BEGINS.timestamp() <= min(appended) < max(appended) < partitions.end_of(DAY).timestamp()
    assert max(appended) - min(appended) > 8 * 3600, "they come as the day goes by, not at once"


def test_the_place_is_the_demos_but_for_the_day(lake: Lake, tmp_path: Path) -> None:
    of_demo, place = demo(lake, tmp_path / "demo"), tmp_path / "stream"
    found = begin(of_demo, place, DAY)
    there = {str(path.relative_to(found)) for path in found.rglob("*") if path.is_file()}
    assert there == lake.files().keys() - {f"sales/pos/{DAY}.csv.gz"}
    assert (place / "warehouse.duckdb").read_text() == "the demo's"
    assert (place / "models" / "a model").exists()
    (place / "left").touch()
    begin(of_demo, place, DAY)
    assert not (place / "left").exists()
    assert (of_demo / "lake" / "sales" / "pos" / f"{DAY}.csv.gz").exists()


def test_what_is_no_place_of_a_replay_stays(lake: Lake, tmp_path: Path) -> None:
    of_demo, mine = demo(lake, tmp_path / "demo"), tmp_path / "mine"
    mine.mkdir()
    (mine / "work").touch()
    with pytest.raises(FileExistsError, match=r"mine exists, and no replay made it"):
        begin(of_demo, mine, DAY)
    assert (mine / "work").exists()
    with pytest.raises(FileNotFoundError, match=r"Run make demo first"):
        begin(tmp_path / "nothing", tmp_path / "stream", DAY)
    assert not (tmp_path / "stream").exists()


def test_each_line_is_sent_in_the_files_order_and_late_ones_at_the_days_begin(lake: Lake) -> None:
    sent = list(events(lake.path, till_file(lake.path, DAY), DAY))
    lines = gzip.decompress(till_file(lake.path, DAY).read_bytes()).removesuffix(b"\n").split(b"\n")[1:]
    assert len(sent) == len(lines)
    as_is = {line for line in lines if line.count(b",") != len(pos_log.columns) - 1}
    assert as_is
    assert {event.value for event in sent if not event.key} >= {line for line in as_is if b'"' not in line}
    assert [event.at for event in sent] == sorted(event.at for event in sent)
    assert sent[0].at == BEGINS
    for event, line in zip(sent, lines, strict=True):
        if event.key:
            assert list(json.loads(event.value)) == list(pos_log.columns)
            assert json.loads(event.value)["receipt_id"].encode() == line.partition(b",")[0]
    assert tills.topic == "tills"
