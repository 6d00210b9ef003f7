"""A subscription that is landed: each message once, whatever is delivered again and whoever is killed; a day has what was published in it."""

import datetime as dt
import gzip
import itertools
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("google.cloud.pubsub_v1", reason="the extra pubsub is not installed: pip install 'batch_assets[pubsub]'")

from batch_assets import partitions
from batch_assets.errors import LakeError, StorageError
from batch_assets.ingest.formats.events import Events
from batch_assets.ingest.formats.format import Refused
from batch_assets.ingest.lakefile import LakeFile
from batch_assets.streams import open_days, subscribed
from batch_assets.streams.repeats import Known
from batch_assets.streams.stream import Subscription
from batch_assets.streams.subscribed import PATIENCE, SubscriptionLander
from batch_assets.streams.subscriber import Subscriber

from ..shop import PACKAGE
from .conftest import count
from .faults import a_fault
from .pubsub import DEADLINE, PROJECT, OwnService, Service, emulator

TODAY = partitions.day_at(dt.datetime.now(dt.UTC))
TOMORROW = TODAY + dt.timedelta(days=1)
TOPIC, SUBSCRIPTION = f"{PROJECT}/topics/counts", f"{PROJECT}/subscriptions/counts"
_MOST_STEPS = 80
_PASSED_OVER = 2
"""The exit code where a step failed that the library does not mind, such as to make a folder that is there."""
_ALSO = ((os, "utime"), (Path, "touch"), (Subscriber, "take"))
"""What is asked by this lander alone."""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnService]:
    """A server of the service, in this process."""
    service = OwnService()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", service.address)
    service.begin(TOPIC, SUBSCRIPTION)
    yield service
    service.stop()


@pytest.fixture(scope="module")
def googles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Google's emulator, or None."""
    with emulator(tmp_path_factory.mktemp("emulator")) as found:
        yield found


@pytest.fixture(params=["own", "google's"])
def service(request: pytest.FixtureRequest) -> Any:
    """A Pub/Sub with the topic and its subscription."""
    if request.param == "own":
        return request.getfixturevalue("own")
    found = request.getfixturevalue("googles")
    if found is None:
        pytest.skip("Google's emulator is not installed: apt-get install google-cloud-cli-pubsub-emulator, and Java; or name one in PUBSUB_EMULATOR_HOST")
    found.begin(*named(request))
    return found


@pytest.fixture
def names(request: pytest.FixtureRequest, service: Any) -> tuple[str, str]:
    """The paths of the test's own topic and subscription."""
    return (TOPIC, SUBSCRIPTION) if isinstance(service, OwnService) else named(request)


def named(request: pytest.FixtureRequest) -> tuple[str, str]:
    return tuple(f"{PROJECT}/{kind}/t{abs(hash(request.node.nodeid)) % 10**9}" for kind in ("topics", "subscriptions"))  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def _waits_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less: all that is delivered comes at once."""
    monkeypatch.setattr("batch_assets.streams.subscriber.WAIT", 1.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def stream_of(path: str = SUBSCRIPTION, events: int = 200_000) -> Subscription:
    return Subscription("counts", "streams/counts", lambda: path, events)


def land(root: Path, path: str = SUBSCRIPTION, *, events: int = 200_000, later: dt.timedelta = dt.timedelta(0)) -> list[str]:
    """Land what is delivered, as by a clock that is later."""
    with Subscriber(path) as subscriber:
        lander = SubscriptionLander(stream_of(path, events), root, subscriber, lambda: dt.datetime.now(dt.UTC) + later)
        with lander.alone():
            return list(lander.land())


def over(day: dt.date) -> dt.timedelta:
    """Return how much later than now a day is over for a lander that looks at once."""
    return partitions.end_of(day) + PATIENCE + dt.timedelta(seconds=DEADLINE + 1) - dt.datetime.now(dt.UTC)


def events(root: Path) -> list[dict[str, Any]]:
    """Return the lines of the segments that the manifests name, day by day; there are no others."""
    found: list[dict[str, Any]] = []
    for manifest in sorted(root.glob("streams/counts/*/segments.json")):
        told = json.loads(manifest.read_bytes())
        ranges = [(segment["range"]["first"], segment["range"]["next"]) for segment in told["segments"]]
        assert [begin for begin, _ in ranges] == [0, *(end for _, end in ranges)][: len(ranges)]
        files = [manifest.parent / f"{told['topic']}-0-{first:020}-{end:020}.jsonl.gz" for first, end in ranges]
        assert sorted(manifest.parent.glob("*.jsonl.gz")) == files
        lines = [{**json.loads(line), "day": manifest.parent.name} for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]
        assert [line["offset"] for line in lines] == list(range(len(lines)))
        assert [segment["rows"] for segment in told["segments"]] == [end - first for first, end in ranges]
        found += lines
    return found


def accepted(root: Path) -> list[str]:
    """Return the values of the messages that were landed the first time."""
    return sorted(event["value"] for event in events(root) if "repeats" not in event)


def values(*shelves: int) -> list[str]:
    return sorted(count(shelf).decode() for shelf in shelves)


def test_each_message_is_landed_once_and_a_second_look_finds_nothing(service: Service, names: tuple[str, str], root: Path) -> None:
    topic, subscription = names
    service.publish(topic, *map(count, range(7)), till="9")
    assert [line.partition(": ")[2] for line in land(root, subscription)] == ["7 events, 0 of them delivered again"]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert land(root, subscription) == []
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert accepted(root) == values(*range(7))
    assert all(event["attributes"] == {"till": "9"} and event["partition"] == 0 and event["key"] is None for event in events(root))
    assert len({event["message_id"] for event in events(root)}) == 7
    assert [event["appended_at"] for event in events(root)] == sorted(event["appended_at"] for event in events(root))


def test_what_is_delivered_again_is_a_line_that_names_the_first(service: Service, names: tuple[str, str], root: Path) -> None:
    topic, subscription = names
    service.publish(topic, *map(count, range(5)))
    land(root, subscription)
    service.again(subscription)
    service.publish(topic, count(5))
    assert [line.partition(": ")[2] for line in land(root, subscription)] == ["6 events, 5 of them delivered again"]
    assert accepted(root) == values(*range(6))
    lines = events(root)
    first = {
        event["message_id"]: f"{event['day']}/{subscription.rpartition('/')[2]}-0-{0:020}-{5:020}.jsonl.gz, line {event['offset'] + 1}" for event in lines[:5]
    }
    assert {event["message_id"]: event["repeats"] for event in lines[5:] if "repeats" in event} == first


def test_what_nobody_acknowledged_comes_again_to_the_next_lander(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, *map(count, range(3)))
    with Subscriber(SUBSCRIPTION) as killed:
        assert killed.pulled(100)
    own.release(SUBSCRIPTION)
    land(root)
    assert accepted(root) == values(*range(3))


def test_a_message_is_acknowledged_only_when_a_manifest_names_it(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, *map(count, range(6)))
    real, left = Subscriber.take, []

    def take(self: Subscriber, messages: Any) -> None:
        assert {event["message_id"] for event in events(root)} >= {message.id for message in messages}
        left.append(own.left(SUBSCRIPTION))
        real(self, messages)

    monkeypatch.setattr(Subscriber, "take", take)
    land(root, events=4)
    assert left == [6, 2]
    assert own.left(SUBSCRIPTION) == 0


def test_a_message_that_is_delivered_twice_at_once_is_landed_once(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, count(1), count(2))
    real = Subscriber.pulled
    monkeypatch.setattr(Subscriber, "pulled", lambda self, most: 2 * real(self, most))
    assert land(root)[0].endswith(": 4 events, 2 of them delivered again")
    lines = events(root)
    assert accepted(root) == values(1, 2)
    assert [line["repeats"].rpartition(", ")[2] for line in lines if "repeats" in line] == ["line 1", "line 3"]
    own.again(SUBSCRIPTION)
    monkeypatch.setattr(Subscriber, "pulled", real)
    land(root)
    assert {line["repeats"].rpartition(", ")[2] for line in events(root)[4:]} == {"line 1", "line 3"}


def test_a_segment_has_a_number_of_events_and_of_bytes_at_most(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, *map(count, range(10)))
    assert [line.partition(": ")[2].partition(" ")[0] for line in land(root, events=6)] == ["6", "4"]
    monkeypatch.setattr(subscribed, "MOST_BYTES", 1)
    own.publish(TOPIC, *map(count, range(10)))
    assert [line.partition(": ")[2].partition(" ")[0] for line in land(root)] == ["4", "4", "2"]


def test_a_segment_has_its_messages_in_the_order_of_their_publishing(own: OwnService, root: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    for n in range(6):
        own.publish(TOPIC, count(n), at=now - dt.timedelta(milliseconds=n))
    land(root)
    assert [event["value"] for event in events(root)] == [count(n).decode() for n in reversed(range(6))]


def test_messages_may_be_as_large_as_pubsub_takes_them(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.streams.subscriber.WAIT", 10.0)
    own.publish(TOPIC, *(b"x" * 9_900_000 for _ in range(8)))
    assert [line.partition(": ")[2].partition(" ")[0] for line in land(root)] == ["8"]
    assert [len(event["value"]) for event in events(root)] == [9_900_000] * 8


def test_messages_are_gathered_for_a_part_of_the_deadline(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, *map(count, range(8)))
    times = itertools.count(0, 2.0)
    monkeypatch.setattr("batch_assets.streams.subscribed.time.monotonic", lambda: next(times))
    assert [line.partition(": ")[2].partition(" ")[0] for line in land(root)] == ["4", "4"]


def test_a_day_has_what_was_published_in_it_and_is_closed_when_nothing_of_it_comes_any_more(own: OwnService, root: Path) -> None:
    end = partitions.end_of(TODAY)
    own.publish(TOPIC, count(1), count(2), at=end - dt.timedelta(microseconds=1))
    own.publish(TOPIC, count(3), at=end)
    assert [line.split(": ")[0] for line in land(root, later=over(TODAY) - dt.timedelta(seconds=5))] == [f"counts {TODAY}", f"counts {TOMORROW}"]
    assert [(event["day"], event["value"]) for event in events(root)] == [
        *((str(TODAY), value) for value in values(1, 2)),
        (str(TOMORROW), values(3)[0]),
    ]
    assert land(root, later=over(TODAY)) == [f"counts {TODAY}: closed, 2 events"]
    folder = root / "streams" / "counts" / str(TODAY)
    assert (folder / "CLOSED").read_text() == f"counts-0-{0:020}-{2:020}.jsonl.gz\n"
    assert json.loads((folder / "segments.json").read_bytes())["ends"] == {"0": 2}


def test_what_comes_after_its_day_was_closed_is_of_the_first_open_day(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1))
    land(root)
    land(root, later=over(TODAY))
    own.publish(TOPIC, count(2))
    own.again(SUBSCRIPTION)
    assert land(root, later=over(TODAY)) == [f"counts {TOMORROW}: 2 events, 1 of them delivered again"]
    assert [(event["day"], event["value"]) for event in events(root) if "repeats" not in event] == list(
        zip(map(str, (TODAY, TOMORROW)), (count(1).decode(), count(2).decode()), strict=True)
    )


def test_a_day_on_which_nothing_was_published_is_closed_too(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1))
    own.publish(TOPIC, count(2), at=partitions.end_of(TOMORROW) + dt.timedelta(hours=1))
    land(root)
    assert land(root, later=over(TOMORROW)) == [f"counts {TODAY}: closed, 1 events", f"counts {TOMORROW}: closed, 0 events"]
    assert (root / "streams" / "counts" / str(TOMORROW) / "CLOSED").read_text() == ""


def test_a_day_of_which_something_still_comes_is_not_closed(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1), at=partitions.end_of(TODAY) - dt.timedelta(hours=30))
    yesterday = TODAY - dt.timedelta(days=1)
    assert land(root) == [f"counts {yesterday}: 1 events, 0 of them delivered again"]
    assert land(root) == []
    assert land(root, later=PATIENCE + dt.timedelta(seconds=DEADLINE + 1))[0] == f"counts {yesterday}: closed, 1 events"


def test_a_day_is_not_closed_while_a_lander_that_was_killed_may_hold_messages_of_it(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1), at=partitions.end_of(TODAY) - dt.timedelta(hours=30))
    land(root)
    lock = root / "streams" / "counts" / ".lander"
    manifest = next(root.rglob("segments.json"))
    os.utime(manifest, (0, 0))
    os.utime(lock)  # What it had begun to pull it did not land.
    with Subscriber(SUBSCRIPTION) as subscriber:
        lander = SubscriptionLander(stream_of(), root, subscriber)
        with lander.alone():
            assert list(lander.land()) == []
            assert next(lander.land()).endswith(": closed, 1 events")


def test_a_lander_that_fails_holds_what_it_had_pulled(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(root)
    assert (root / "streams" / "counts" / ".lander").stat().st_mtime == 0
    own.publish(TOPIC, count(1))
    with Subscriber(SUBSCRIPTION) as subscriber:
        lander = SubscriptionLander(stream_of(), root, subscriber)
        with lander.alone():
            with monkeypatch.context() as patch:
                patch.setattr("batch_assets.streams.open_days.save", full)
                with pytest.raises(OSError, match="full"):
                    list(lander.land())
            assert time.time() - (root / "streams" / "counts" / ".lander").stat().st_mtime < 60
            assert list(lander.land()) == []
            own.release(SUBSCRIPTION)
            assert len(list(lander.land())) == 1
    assert accepted(root) == values(1)


def full(*_: object) -> None:
    """Fail as on a full disk."""
    raise OSError("the disk is full")


def test_a_failure_after_the_manifests_rename_forgets_no_message(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, *map(count, range(3)))
    with Subscriber(SUBSCRIPTION) as subscriber:
        lander = SubscriptionLander(stream_of(), root, subscriber)
        with lander.alone():
            with monkeypatch.context() as patch:
                patch.setattr(Known, "add", full)
                with pytest.raises(OSError, match="full"):
                    list(lander.land())
            own.release(SUBSCRIPTION)
            assert next(lander.land()).endswith(": 3 events, 3 of them delivered again")
    assert accepted(root) == values(*range(3))


def land_until(address: str, root: str, at: int, kills: bool) -> None:
    """Land all and close the day; at the k-th step the process is killed before it is done, or it fails after it."""
    os.environ["PUBSUB_EMULATOR_HOST"] = address
    with a_fault(at, kills, *_ALSO) as numbers:
        land(Path(root), events=4, later=dt.timedelta(days=1, minutes=5))
    if next(numbers) > at:
        raise SystemExit(_PASSED_OVER)


@pytest.mark.parametrize("kills", [True, False], ids=["kill", "fail"])
def test_a_fault_at_any_step_loses_nothing_and_doubles_nothing(own: OwnService, tmp_path: Path, kills: bool) -> None:
    server, again = multiprocessing.get_context("forkserver"), set()
    server.set_forkserver_preload([__name__])
    for at in range(1, _MOST_STEPS):
        root = tmp_path / str(at)
        own.begin(TOPIC, SUBSCRIPTION)
        own.publish(TOPIC, *map(count, range(10)))
        child = server.Process(target=land_until, args=(own.address, str(root), at, kills))
        child.start()
        child.join(60)
        own.release(SUBSCRIPTION)
        land(root)
        land(root, later=dt.timedelta(days=1, minutes=5))
        assert accepted(root) == values(*range(10)), f"step {at}"
        assert own.left(SUBSCRIPTION) == 0
        lines = events(root)
        assert len({line["message_id"] for line in lines}) == 10
        again.add(len(lines) - 10)
        assert {path.name for path in root.rglob(".*") if path.is_file()} == {".lander"}
        if child.exitcode == 0:
            break
        assert child.exitcode in ({-signal.SIGKILL} if kills else {1, _PASSED_OVER})
    else:
        raise AssertionError(f"it takes more than {_MOST_STEPS} steps")
    assert at > 25
    assert again > {0}, "no step was between a manifest's rename and what is taken for delivered"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_delivered_again_is_counted(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance, sent = random.Random(seed), 0
    for _ in range(40):
        new = chance.randrange(6)
        own.publish(TOPIC, *map(count, range(sent, sent + new)), at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=chance.randrange(48)))
        sent += new
        with monkeypatch.context() as patch:
            for what in chance.choice([(), ("write_segment",), ("Subscriber.take",)]):
                patch.setattr(f"batch_assets.streams.subscribed.{what}", full)
            with Subscriber(SUBSCRIPTION) as subscriber:
                lander = SubscriptionLander(stream_of(events=chance.choice([3, 100])), root, subscriber)
                with lander.alone():
                    for _ in range(2):
                        try:
                            list(lander.land())
                        except OSError:
                            own.release(SUBSCRIPTION)
        if chance.random() < 0.3:
            own.again(SUBSCRIPTION)
    own.release(SUBSCRIPTION)
    land(root)
    assert accepted(root) == values(*range(sent))
    assert len({line["repeats"] for line in events(root) if "repeats" in line}) > 3


def test_messages_whose_hashes_are_alike_are_told_apart(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.streams.repeats._hashed", lambda ids: np.full(len(ids), 7, np.uint64))
    own.publish(TOPIC, *map(count, range(4)))
    land(root)
    own.publish(TOPIC, *map(count, range(4, 8)))
    own.again(SUBSCRIPTION)
    land(root)
    assert accepted(root) == values(*range(8))
    assert sum("repeats" in line for line in events(root)) == 4


def test_a_message_is_known_as_long_as_it_may_be_delivered_again(own: OwnService, root: Path) -> None:
    for ago in (2, 20):
        own.publish(TOPIC, count(ago), at=dt.datetime.now(dt.UTC) - dt.timedelta(days=ago))
    land(root)
    land(root, later=dt.timedelta(minutes=5))
    with Subscriber(SUBSCRIPTION) as subscriber:
        days = open_days.open_days(stream_of(), root, subscriber.terms())
    ids = {event["value"]: event["message_id"] for event in events(root)}
    assert days.known.places(list(ids.values())).keys() == {ids[count(2).decode()]}


def test_a_subscription_of_another_topic_is_refused(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1))
    land(root)
    for is_closed in (False, True):
        if is_closed:
            land(root, later=over(TODAY))
        own.begin(f"{PROJECT}/topics/another", f"{PROJECT}/subscriptions/another")
        with pytest.raises(LakeError, match=r"^subscription .*/another: is of .*/topics/another, and on .* messages of .*/topics/counts were landed"):
            land(root, f"{PROJECT}/subscriptions/another")


def test_what_is_left_of_a_topic_that_was_deleted_is_landed(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1))
    land(root)
    own.publish(TOPIC, count(2))
    own.delete_topic(SUBSCRIPTION)
    land(root)
    assert accepted(root) == values(1, 2)


def test_what_no_manifest_names_is_removed(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1))
    land(root)
    before = {path.name for path in root.rglob("*")}
    for name in (f"counts-0-{1:020}-{7:020}.jsonl.gz", f".counts-0-{1:020}-{7:020}.jsonl.gz.unfinished", ".segments.json.unfinished"):
        (root / "streams" / "counts" / str(TODAY) / name).write_bytes(b"left")
    land(root)
    assert {path.name for path in root.rglob("*")} == before


def test_of_two_landers_the_second_is_refused(own: OwnService, root: Path) -> None:
    with Subscriber(SUBSCRIPTION) as subscriber:
        first, second = (SubscriptionLander(stream_of(), root, subscriber) for _ in range(2))
        with first.alone(), pytest.raises(LakeError, match="another process lands counts"), second.alone():
            pass


def test_a_subscription_that_is_not_there_is_told(service: Service, root: Path) -> None:
    with pytest.raises(LakeError, match=rf"^subscription {PROJECT}/subscriptions/nothing: 404 .* Is its path right"):
        land(root, f"{PROJECT}/subscriptions/nothing")


def test_a_service_that_goes_away_while_it_is_asked_and_comes_back_loses_nothing(own: OwnService, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.publish(TOPIC, *map(count, range(10)))
    real, pulls = Subscriber.pulled, itertools.count(1)
    monkeypatch.setattr("batch_assets.streams.subscriber.TIMEOUT", 1.0)

    def pulled(self: Subscriber, most: int) -> Any:
        if next(pulls) == 2:
            own.stop()
        return real(self, most)

    monkeypatch.setattr(Subscriber, "pulled", pulled)
    with pytest.raises(StorageError, match=rf"^subscription {SUBSCRIPTION}: 503 "):
        land(root)
    with pytest.raises(StorageError, match=rf"^subscription {SUBSCRIPTION}: "):
        land(root)
    own.start()
    own.release(SUBSCRIPTION)
    land(root)
    assert accepted(root) == values(*range(10))


def test_a_landed_day_is_a_raw_source_and_poisoned_or_repeated_messages_are_told(own: OwnService, root: Path) -> None:
    for value in (count(1), b"\xff\xfe", b"", b"[1]", count(4, 9)):
        own.publish(TOPIC, value, key="till 1", of="till")
    land(root)
    own.again(SUBSCRIPTION)
    land(root)
    own.again(SUBSCRIPTION)
    land(root, later=over(TODAY))
    land(root, later=over(TODAY) + dt.timedelta(minutes=2))
    stream = stream_of()
    source = LakeFile(
        "counts", stream.pattern, {"shelf": "number", "pieces": "pieces"}, Events(), "Pieces on each shelf.", may_be_empty=True, closing=stream.closing
    )
    refused: list[Refused] = []
    paths = source.files(root, TODAY)
    rows = [row for path in paths for batch in source.read(root, path, TODAY, refused.append) for row in batch.to_pylist()]
    assert [(row["shelf"], row["pieces"]) for row in rows] == [("1", "1"), ("4", "9")]
    assert len(paths) == 3
    assert sum(source.count(path, TODAY)[0] for path in paths) == 15
    first = {event["message_id"]: f"{TODAY}/{paths[0].name}, line {event['offset'] + 1}" for event in events(root)[:5]}
    again = {each.reason for each in refused if each.reason.startswith("repeated message: ")}
    assert again == {f"repeated message: {message} was landed before, in {place}" for message, place in first.items()}
    assert [each.reason for each in refused if each.reason not in again] == [
        "the value is not text in UTF-8: partition 0, offset 1",
        "the event has no value: partition 0, offset 2",
        "the value is JSON, but a list, not an object: partition 0, offset 3",
    ]
    assert [event["key"] for event in events(root)] == ["till 1"] * 15


def test_what_is_erased_of_a_landed_day_keeps_its_messages_known(own: OwnService, root: Path) -> None:
    own.publish(TOPIC, count(1), b"no row", name="Anna")
    land(root)
    (path,) = root.rglob("counts-*.jsonl.gz")
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    row, other = (next(n for n, line in enumerate(lines, 1) if (line["value"] == "no row") == is_none) for is_none in (False, True))
    emptied = Events().emptied(gzip.decompress(path.read_bytes()), ("shelf", "pieces"), ["shelf"], [row], [other])
    assert b"Anna" not in emptied
    assert json.loads(json.loads(emptied.splitlines()[row - 1])["value"]) == {"shelf": None, "pieces": 1}
    path.write_bytes(gzip.compress(emptied))
    own.again(SUBSCRIPTION)
    assert land(root)[0].endswith(": 2 events, 1 of them delivered again")
    again = [json.loads(line) for line in gzip.decompress(max(root.rglob("counts-*.jsonl.gz")).read_bytes()).splitlines()]
    assert [line["message_id"] for line in again if "repeats" in line] == [lines[row - 1]["message_id"]]


def test_land_lands_a_subscription_until_it_is_asked_to_end(own: OwnService, tmp_path: Path) -> None:
    own.publish(TOPIC, count(1))
    environment = {**os.environ, "BATCH_ASSETS_LAKE": str(tmp_path), "BATCH_ASSETS_GRAPH": PACKAGE, "SHOP_SUBSCRIPTION": SUBSCRIPTION}
    command = [sys.executable, "-m", "batch_assets", "land", "shelved"]
    once = subprocess.run([*command, "--once"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert once.stdout.splitlines() == [
        f"shelved {TODAY}: 1 events, 0 of them delivered again",
        f"shelved: all that was delivered is landed ({TODAY} has 1 events)",
    ]
    assert (once.returncode, once.stderr) == (0, "")
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == f"shelved: all that was delivered is landed ({TODAY} has 1 events)\n"
    own.publish(TOPIC, count(2))
    assert running.stdout.readline() == f"shelved {TODAY}: 1 events, 0 of them delivered again\n"
    running.send_signal(signal.SIGTERM)
    rest, errors = running.communicate(timeout=60)
    assert (running.returncode, rest, errors) == (0, "shelved: ended; what was landed is whole\n", "")


@pytest.fixture(autouse=True)
def _no_day_ends_meanwhile() -> None:
    """Wait if a day is about to end: the tests have messages of one day."""
    left = partitions.end_of(partitions.day_at(dt.datetime.now(dt.UTC))) - dt.datetime.now(dt.UTC)
    if left < dt.timedelta(seconds=40):
        time.sleep(left.total_seconds())
