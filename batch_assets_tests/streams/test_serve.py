"""`land` of a stream: a process of its own, which ends when it is asked to, waits for a broker that is away, and says how it is."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_assets.errors import StorageError
from batch_assets.partitions import day_at
from batch_assets.streams import serve as serving
from batch_assets.streams.health import NOTE, Health, noted
from batch_assets.streams.lander import PATIENCE, Lander
from batch_assets.streams.serve import serve
from batch_assets.streams.stream import Stream

from ..shop import PACKAGE
from .conftest import Server, Topic, count


@pytest.fixture
def scanned(server: Server) -> Iterator[Topic]:
    """The topic of the shop's stream."""
    made = Topic(server, "scanned")
    yield made
    made.drop()


def started(server: Server, root: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "BATCH_ASSETS_LAKE": str(root), "BATCH_ASSETS_GRAPH": PACKAGE, "SHOP_BROKERS": server.addresses}
    command = [sys.executable, "-m", "batch_assets", "land", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_lands_until_it_is_asked_to_end(scanned: Topic, tmp_path: Path) -> None:
    scanned.send(*map(count, range(3)))
    running = started(scanned.server, tmp_path, "scanned")
    assert running.stdout is not None
    first = running.stdout.readline()
    assert first.endswith(": partition 0, offsets 0 to 2, 3 events\n")
    assert running.stdout.readline() == "scanned: all that the broker has is landed (2 partitions)\n"
    health = noted(tmp_path / "streams" / "scanned")
    assert health
    assert health.lag == {0: 0, 1: 0}
    assert health.reaches
    assert dt.timedelta(0) < dt.datetime.now(dt.UTC) - health.reaches - PATIENCE < dt.timedelta(seconds=30)
    second = started(scanned.server, tmp_path, "scanned", "--once")
    told = second.communicate(timeout=60)
    assert (second.returncode, told[0]) == (1, "")
    assert told[1] == f"{tmp_path}/streams/scanned: another process lands scanned. End it first; nothing was landed.\n"
    scanned.send(count(9), partition=1)
    assert running.stdout.readline().endswith(": partition 1, offsets 0 to 0, 1 events\n")
    running.send_signal(signal.SIGTERM)
    rest, errors = running.communicate(timeout=60)
    assert (running.returncode, rest, errors) == (0, "scanned: ended; what was landed is whole\n", "")


def test_a_stream_that_is_not_there_is_told(server: Server, tmp_path: Path) -> None:
    asked = started(server, tmp_path, "heard")
    told = asked.communicate(timeout=60)
    assert (asked.returncode, told[0]) == (1, "")
    assert told[1] == f"there is no stream heard: it would be the variable heard of {PACKAGE}/streams/heard.py. Of an API, give --from and --to.\n"


def test_a_broker_that_is_away_is_asked_again_with_longer_pauses(scanned: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, ends = list[str](), threading.Event()
    waited: list[float | None] = []

    def wait(pause: float | None = None) -> bool:
        waited.append(pause)
        if len(waited) == 4:
            ends.set()
        return False

    def away(self: Lander) -> list[str]:
        if len(waited) < 3:
            raise StorageError("the broker is away.")
        return []

    monkeypatch.setattr(ends, "wait", wait)
    monkeypatch.setattr(Lander, "land", away)
    monkeypatch.setattr(serving, "HEALTH", 0.0)
    serve(Stream("scanned", "streams/scanned", "scanned", lambda: scanned.server.addresses, every=30), tmp_path, told.append, ends)
    assert told[:3] == [f"the broker is away. It is asked again in {pause} s." for pause in (2, 4, 8)]
    assert told[3].startswith("scanned: ")
    assert waited == [2, 4, 8, 30]


def test_how_far_it_is_behind_is_told(scanned: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lander, "land", lambda self: [])
    monkeypatch.setattr(Lander, "lag", lambda self: {0: 1200, 1: 0})
    told: list[str] = []
    serving.land_once(Stream("scanned", "streams/scanned", "scanned", lambda: scanned.server.addresses), tmp_path, told.append)
    assert told == ["scanned: behind the broker in partition 0 by 1,200 offsets (2 partitions)"]


def test_what_was_not_landed_yet_is_not_reached(scanned: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first segment is landed, and then the process is asked to end."""
    scanned.send(*map(count, range(3)))
    ends = threading.Event()
    monkeypatch.setattr(Lander, "lag", lambda self: {0: 2, 1: 0})
    serve(Stream("scanned", "streams/scanned", "scanned", lambda: scanned.server.addresses, 1), tmp_path, lambda _: ends.set(), ends)
    health = noted(tmp_path / "streams" / "scanned")
    assert health
    assert (health.reaches, health.lag) == (None, {0: 2, 1: 0})


def test_a_topic_that_has_had_no_event_yet_has_a_lander_that_is_well(scanned: Topic, tmp_path: Path) -> None:
    serving.land_once(Stream("scanned", "streams/scanned", "scanned", lambda: scanned.server.addresses), tmp_path, print)
    assert noted(tmp_path / "streams" / "scanned") == Health(day_at(dt.datetime.now(dt.UTC)), None, {0: 0, 1: 0})


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b"null", b'{"day": "2017-13-01", "reaches": null, "lag": {}}', b'{"day": "2017-01-01", "lag": {}}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, left: bytes) -> None:
    assert noted(tmp_path) is None
    (tmp_path / NOTE).write_bytes(left)
    assert noted(tmp_path) is None
