"""Faults, one at a time: kill -9, or a failure, before or after each thing that the lander does to the disk, and a broker that dies and comes back.

What was sent is counted against what was landed: nothing is lost, nothing is there twice.
"""

import datetime as dt
import multiprocessing
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from batch_assets.errors import StorageError
from batch_assets.streams.broker import Broker
from batch_assets.streams.lander import Lander
from batch_assets.streams.stream import Stream

from .conftest import Server, Topic, count
from .faults import a_fault
from .test_lander import files, land, landed, values

MOST_STEPS = 80


def land_until(addresses: str, topic: str, root: str, at: int, kills: bool) -> None:
    """Land all and close the day; at the k-th step the process is killed before it is done, or it fails after it."""
    with a_fault(at, kills), Broker(addresses, topic) as broker:
        lander = Lander(Stream("counts", "streams/counts", topic, lambda: addresses, 3), Path(root), broker, later)
        with lander.alone():
            list(lander.land())


def later() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=5)


@pytest.mark.parametrize("kills", [True, False], ids=["kill", "fail"])
def test_a_fault_at_any_step_loses_nothing_and_doubles_nothing(topic: Topic, tmp_path: Path, kills: bool) -> None:
    topic.send(*map(count, range(5)))
    topic.send(*map(count, range(5, 8)), partition=1)
    land(topic, tmp_path / "whole", events=3, later=dt.timedelta(days=1, minutes=5))
    whole = files(tmp_path / "whole")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    for at in range(1, MOST_STEPS):
        root = tmp_path / str(at)
        child = server.Process(target=land_until, args=(topic.server.addresses, topic.name, str(root), at, kills))
        child.start()
        child.join(60)
        land(topic, root, events=3, later=dt.timedelta(days=1, minutes=5))
        found = files(root)
        found.pop("streams/counts/.lander", None)
        assert found == whole, f"step {at}"
        if child.exitcode == 0:
            break
        assert child.exitcode == (-signal.SIGKILL if kills else 1)
    else:
        raise AssertionError(f"it takes more than {MOST_STEPS} steps")
    assert at > 25
    assert landed(tmp_path / "whole") == [
        *((0, n, value) for n, value in enumerate(values(*range(5)))),
        *((1, n, value) for n, value in enumerate(values(5, 6, 7))),
    ]


def test_a_broker_that_dies_while_it_is_read_and_comes_back_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(tmp_path_factory.mktemp("own broker"))
    try:
        topic = Topic(server, "counts", partitions=1)
        topic.send(*map(count, range(2_000)))
        time.sleep(1.5)  # It acknowledges before it saves.
        killed = threading.Timer(0.0, server.kill)
        real = Broker.events

        def events(self: Broker, of: Any) -> Any:
            for number, event in enumerate(real(self, of)):
                if number == 500 and not killed.is_alive() and killed.ident is None:
                    killed.start()
                    killed.join()
                    threading.Timer(0.5, server.start).start()
                yield event

        monkeypatch.setattr(Broker, "events", events)
        for _ in range(10):
            try:
                land(topic, tmp_path / "lake", events=700)
                break
            except StorageError:
                time.sleep(0.5)
        assert [value for _, _, value in landed(tmp_path / "lake")] == values(*range(2_000))
    finally:
        server.kill()


def test_a_broker_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.streams.broker.TIMEOUT", 1.0)
    with Broker("127.0.0.1:1", "counts") as broker, pytest.raises(StorageError, match=r"^topic counts on 127\.0\.0\.1:1: "):
        list(Lander(Stream("counts", "streams/counts", "counts", lambda: ""), tmp_path, broker).land())
