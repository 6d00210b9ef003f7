"""The lander: what a topic has is landed once, whatever happens to lander, broker and disk; a day has the events that were appended in it."""

import datetime as dt
import gzip
import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.cimpl import NewPartitions

from batch_assets import partitions
from batch_assets.errors import LakeError
from batch_assets.ingest.formats.events import Events
from batch_assets.ingest.formats.format import Refused
from batch_assets.ingest.lakefile import LakeFile
from batch_assets.streams.broker import Broker
from batch_assets.streams.lander import PATIENCE, Lander
from batch_assets.streams.manifest import Manifest, Range, save
from batch_assets.streams.stream import Stream

from .conftest import Server, Topic, count

TODAY = partitions.day_at(dt.datetime.now(dt.UTC))


def stream_of(topic: Topic, events: int = 200_000) -> Stream:
    return Stream("counts", "streams/counts", topic.name, lambda: topic.server.addresses, events)


def land(topic: Topic, root: Path, *, events: int = 200_000, later: dt.timedelta = dt.timedelta(0)) -> list[str]:
    """Land what there is, as by a clock that is later."""
    with Broker(topic.server.addresses, topic.name) as broker:
        return list(Lander(stream_of(topic, events), root, broker, lambda: dt.datetime.now(dt.UTC) + later).land())


def landed(root: Path) -> list[tuple[int, int, Any]]:
    """Return partition, offset and value of each event in a segment that a manifest names."""
    found = []
    for manifest in sorted(root.glob("streams/counts/*/segments.json")):
        told = json.loads(manifest.read_bytes())
        for segment in told["segments"]:
            of = segment["range"]
            path = manifest.parent / f"{told['topic']}-{of['partition']}-{of['first']:020}-{of['next']:020}.jsonl.gz"
            events = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()] if segment["rows"] else []
            assert len(events) == segment["rows"]
            assert all(of["first"] <= event["offset"] < of["next"] and event["partition"] == of["partition"] for event in events)
            found += [(event["partition"], event["offset"], event.get("value", event.get("value_base64"))) for event in events]
        named = [segment["range"] for segment in told["segments"] if segment["rows"]]
        expected = {f"{told['topic']}-{of['partition']}-{of['first']:020}-{of['next']:020}.jsonl.gz" for of in named}
        assert {path.name for path in manifest.parent.glob("*.jsonl.gz")} == expected
    assert len(found) == len({event[:2] for event in found})
    return sorted(found, key=lambda event: event[:2])


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def values(*shelves: int) -> list[str]:
    return [count(shelf).decode() for shelf in shelves]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_each_event_is_landed_once_and_a_second_look_finds_nothing(topic: Topic, root: Path) -> None:
    topic.send(*map(count, range(5)))
    topic.send(*map(count, range(5, 8)), partition=1)
    assert [line.partition(":")[2] for line in land(topic, root, events=2)] == [
        " partition 0, offsets 0 to 1, 2 events",
        " partition 1, offsets 0 to 1, 2 events",
        " partition 0, offsets 2 to 3, 2 events",
        " partition 1, offsets 2 to 2, 1 events",
        " partition 0, offsets 4 to 4, 1 events",
    ]
    before = files(root)
    assert land(topic, root) == []
    assert files(root) == before
    assert landed(root) == [*((0, n, value) for n, value in enumerate(values(*range(5)))), *((1, n, value) for n, value in enumerate(values(5, 6, 7)))]


def test_the_same_ranges_give_the_same_bytes_at_any_time(topic: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic.send(*map(count, range(1000)))
    land(topic, tmp_path / "one", events=300)
    monkeypatch.setattr("time.time", lambda: 1_000_000_000.0)
    land(topic, tmp_path / "two", events=300)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_day_that_is_over_is_closed_and_what_comes_later_is_of_the_next(topic: Topic, root: Path) -> None:
    topic.send(count(1))
    over = partitions.end_of(TODAY) + PATIENCE - dt.datetime.now(dt.UTC)
    assert not [line for line in land(topic, root, later=over - dt.timedelta(seconds=20)) if "closed" in line]
    assert land(topic, root, later=over + dt.timedelta(seconds=1)) == [f"counts {TODAY}: closed, 1 events"]
    closed = root / "streams" / "counts" / str(TODAY) / "CLOSED"
    assert closed.read_text() == f"{topic.name}-0-{0:020}-{1:020}.jsonl.gz\n"
    topic.send(count(2))
    land(topic, root)
    tomorrow = TODAY + dt.timedelta(days=1)
    assert [path.parent.name for path in root.rglob(f"{topic.name}-*")] in ([str(TODAY), str(tomorrow)], [str(tomorrow), str(TODAY)])


def test_a_day_ends_at_the_offsets_of_the_brokers_time_for_whoever_lands_it_and_whenever(topic: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days of a second, which another lander lands long after they have passed."""
    begin = dt.datetime.now(dt.UTC).replace(microsecond=0)
    monkeypatch.setattr(partitions, "day_at", lambda when: TODAY + dt.timedelta(days=(when - begin) // dt.timedelta(seconds=1)))
    monkeypatch.setattr(partitions, "end_of", lambda day: begin + dt.timedelta(seconds=(day - TODAY).days + 1))
    monkeypatch.setattr("batch_assets.streams.lander.PATIENCE", dt.timedelta(seconds=0.3))
    at_once, later = tmp_path / "at once", tmp_path / "later"
    for n in range(12):
        topic.send(count(n), partition=n % 2)
        land(topic, at_once)
        time.sleep(0.2)
    time.sleep(1.5)
    land(topic, at_once)
    land(topic, later)
    days = {path.parent.name for path in at_once.rglob("CLOSED")}
    assert len(days) >= 3
    one, two = ({(day, json.loads((root / f"streams/counts/{day}/segments.json").read_bytes())["ends"]["0"]) for day in days} for root in (at_once, later))
    assert one == two
    assert landed(at_once) == landed(later)


def test_what_comes_while_it_is_looked_whether_a_day_is_over_is_still_of_the_day(topic: Topic, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic.send(count(1))
    end = partitions.end_of(TODAY)
    times = [end, end + dt.timedelta(minutes=5), end + dt.timedelta(minutes=5)]
    real, waiting = Lander._ends, [count(2)]

    def ends(lander: Lander, manifest: Any) -> dict[int, int]:
        found = real(lander, manifest)
        if waiting:
            topic.send(waiting.pop())
        return found

    monkeypatch.setattr(Lander, "_ends", ends)
    with Broker(topic.server.addresses, topic.name) as broker:
        lander = Lander(stream_of(topic), root, broker, lambda: times.pop(0) if times else end + dt.timedelta(minutes=5))
        told = [*lander.land(), *lander.land()]
    assert [line.partition(": ")[2] for line in told] == ["partition 0, offsets 0 to 0, 1 events", "partition 0, offsets 1 to 1, 1 events", "closed, 2 events"]


def test_what_no_manifest_names_is_removed(topic: Topic, root: Path) -> None:
    topic.send(count(1))
    land(topic, root)
    before = files(root)
    folder = root / "streams" / "counts" / str(TODAY)
    for name in (f"{topic.name}-0-{1:020}-{7:020}.jsonl.gz", f".{topic.name}-0-{1:020}-{7:020}.jsonl.gz.unfinished", ".segments.json.unfinished"):
        (folder / name).write_bytes(b"left")
    land(topic, root)
    assert files(root) == before


def full(*_: object) -> None:
    """Fail as on a full disk."""
    raise OSError("the disk is full")


def test_a_range_that_was_decided_is_landed_as_it_was_decided(topic: Topic, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topic.send(count(1))
    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.streams.lander.write_segment", full)
        with pytest.raises(OSError, match="full"):
            land(topic, root)
    topic.send(count(2))
    assert [line.partition(": ")[2] for line in land(topic, root)] == ["partition 0, offsets 1 to 1, 1 events"]
    assert landed(root) == [(0, 0, values(1)[0]), (0, 1, values(2)[0])]


def test_the_manifest_that_names_a_segment_decides_the_next_range(topic: Topic, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = list[Manifest]()

    def noted(manifest: Manifest, stream: Stream, root: Path) -> None:
        saved.append(manifest)
        save(manifest, stream, root)

    monkeypatch.setattr("batch_assets.streams.lander.save", noted)
    topic.send(count(1), count(2))
    topic.send(count(3), partition=1)
    land(topic, root)
    assert [(len(manifest.segments), manifest.decided) for manifest in saved] == [(0, None), (0, Range(0, 0, 2)), (1, Range(1, 0, 1)), (2, None)]


def sender(topic: Topic, name: str) -> Producer:
    """Return one who sends in transactions."""
    made = Producer({"bootstrap.servers": topic.server.addresses, "transactional.id": f"{topic.name} {name}", "log_level": 0})
    made.init_transactions(10)
    return made


def send_together(topic: Topic, producer: Producer, shelf: int, *, commits: bool = True) -> None:
    """Send an event in a transaction, and keep it or take it back."""
    producer.begin_transaction()
    producer.produce(topic.name, value=count(shelf), partition=0)
    if commits:
        producer.commit_transaction(10)
    else:
        producer.flush(10)
        producer.abort_transaction(10)


def test_offsets_of_transactions_are_no_events_and_what_was_taken_back_is_not_landed(topic: Topic, root: Path) -> None:
    producer = sender(topic, "one")
    for shelf, commits in ((1, True), (2, False), (3, True)):
        send_together(topic, producer, shelf, commits=commits)
    land(topic, root)
    assert [value for _, _, value in landed(root)] == values(1, 3)
    topic.send(count(4))
    land(topic, root)
    assert [value for _, _, value in landed(root)] == values(1, 3, 4)


@pytest.mark.parametrize("events", [1, 2, 3])
def test_a_range_may_have_no_events_and_has_none_beyond_its_end(topic: Topic, root: Path, events: int) -> None:
    kept, taken_back = sender(topic, "kept"), sender(topic, "taken back")
    for shelf in range(3):
        send_together(topic, kept, shelf)
        send_together(topic, taken_back, 9, commits=False)
    land(topic, root, events=events)
    assert [value for _, _, value in landed(root)] == values(0, 1, 2)


def test_what_the_broker_no_longer_has_is_an_error_with_both_offsets(topic: Topic, root: Path) -> None:
    topic.send(*map(count, range(3)))
    land(topic, root)
    topic.send(*map(count, range(3, 9)))
    topic.admin.delete_records([TopicPartition(topic.name, 0, 5)])[TopicPartition(topic.name, 0)].result()
    before = files(root)
    with pytest.raises(
        LakeError, match=rf"^topic {topic.name}, partition 0: the next offset to land is 3, and the broker has none before 5: 2 offsets are lost"
    ):
        land(topic, root)
    assert files(root) == before


def test_a_partition_that_appears_later_begins_at_0(topic: Topic, root: Path) -> None:
    topic.send(count(1))
    land(topic, root)
    topic.admin.create_partitions([NewPartitions(topic.name, 3)])[topic.name].result()
    topic.send(count(2), count(3), partition=2)
    land(topic, root)
    assert landed(root) == [(0, 0, values(1)[0]), (2, 0, values(2)[0]), (2, 1, values(3)[0])]


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize(
    ("events", "why"), [(1, "partition 0 ends at offset 1, and offsets up to 1 were landed"), (2, "is another event"), (5, "is another event")]
)
def test_a_topic_that_was_made_anew_is_refused(topic: Topic, root: Path, events: int, why: str, is_closed: bool) -> None:
    topic.send(count(1), count(2))
    land(topic, root)
    if is_closed:
        land(topic, root, later=dt.timedelta(days=1, minutes=5))
    before = files(root)
    topic.drop()
    anew = Topic(topic.server, topic.name)
    anew.send(*(count(9) for _ in range(events)))
    with pytest.raises(LakeError, match=rf"^topic {topic.name}: it was made anew under the same name, .*{why}"):
        land(topic, root)
    assert files(root) == before


def test_events_with_a_time_of_the_senders_are_refused(topic: Topic, root: Path) -> None:
    sent = Topic(topic.server, f"{topic.name}sent", stamped="CreateTime")
    sent.send(count(1))
    with pytest.raises(LakeError, match=r"partition 0, offset 0: the time is the sender's.*LogAppendTime"):
        land(sent, root)


def test_of_two_landers_the_second_is_refused(topic: Topic, root: Path) -> None:
    with Broker(topic.server.addresses, topic.name) as broker:
        first, second = (Lander(stream_of(topic), root, broker) for _ in range(2))
        with first.alone(), pytest.raises(LakeError, match="another process lands counts"), second.alone():
            pass
        with second.alone():
            pass


def test_topics_of_one_lake_do_not_know_of_each_other(topic: Topic, tmp_path: Path) -> None:
    """They are landed in turn, one is killed in between, and then all of it is landed again from their begin, one after the other."""
    other = Topic(topic.server, f"{topic.name}-0")  # its segments are named as if they were of a partition of the first
    streams = {each.name: Stream(each.name, f"streams/{each.name}", each.name, lambda: topic.server.addresses, 2) for each in (topic, other)}

    def look(which: Topic, lake: Path, most: int = 100, later: dt.timedelta = dt.timedelta(0)) -> None:
        with (
            Broker(which.server.addresses, which.name) as broker,
            Lander(streams[which.name], lake, broker, lambda: dt.datetime.now(dt.UTC) + later).alone() as it,
        ):
            for _ in itertools.islice(it.land(), most):
                pass

    for shelf in range(0, 12, 3):
        for which in (topic, other):
            which.send(*map(count, range(shelf, shelf + 3)), partition=shelf % 2)
            look(which, tmp_path / "one", most=1 + shelf % 4)
    over = dt.timedelta(days=1, minutes=5)
    for lake in (tmp_path / "one", tmp_path / "two"):
        for which in (other, topic):
            look(which, lake, later=over)
    for which, lake in itertools.product((topic, other), (tmp_path / "one", tmp_path / "two")):
        folder = lake / "streams" / which.name / str(TODAY)
        named = (folder / "CLOSED").read_text().split()
        lines = [json.loads(line) for name in named for line in gzip.decompress((folder / name).read_bytes()).splitlines()]
        assert sorted(line["value"] for line in lines) == sorted(values(*range(12)))
        assert {(line["partition"], line["offset"]) for line in lines} == {(partition, offset) for partition in (0, 1) for offset in range(6)}
        assert {path.name for path in folder.glob("*.gz")} == set(named)


def test_a_folder_that_has_the_days_of_another_topic_is_refused(topic: Topic, root: Path) -> None:
    other = Topic(topic.server, f"{topic.name}other")
    for each in (topic, other):
        each.send(count(1))
    land(topic, root)
    before = files(root)
    with pytest.raises(LakeError, match=rf"^topic {other.name}: "):
        land(other, root)
    assert files(root) == before


def test_a_topic_that_is_not_there_is_told(topic: Topic, root: Path) -> None:
    with Broker(topic.server.addresses, "nothing") as broker, pytest.raises(LakeError, match=r"topic nothing on .*Is the topic's name right"):
        list(Lander(Stream("counts", "streams/counts", "nothing", lambda: ""), root, broker).land())


def test_how_far_the_lander_is_behind_is_told_by_partition(topic: Topic, root: Path) -> None:
    topic.send(*map(count, range(3)))
    with Broker(topic.server.addresses, topic.name) as broker:
        lander = Lander(stream_of(topic), root, broker)
        assert lander.lag() == {0: 3, 1: 0}
        list(lander.land())
        assert lander.lag() == {0: 0, 1: 0}


def read(topic: Topic, root: Path) -> tuple[list[dict[str, Any]], list[Refused]]:
    """Read the day that was landed and closed, as a raw source; return its rows, and what is no row."""
    stream = stream_of(topic)
    source = LakeFile(
        "counts", stream.pattern, {"shelf": "number", "pieces": "pieces"}, Events(), "Pieces on each shelf.", may_be_empty=True, closing=stream.closing
    )
    (path,) = source.files(root, TODAY)
    refused: list[Refused] = []
    rows = [row for batch in source.read(root, path, TODAY, refused.append) for row in batch.to_pylist()]
    assert source.count(path, TODAY)[0] == len(rows) + len(refused)
    return rows, refused


def test_a_landed_day_is_a_raw_source_and_poisoned_events_are_told_by_partition_and_offset(topic: Topic, root: Path) -> None:
    large = json.dumps({"shelf": 1, "pieces": "x" * 900_000}).encode()
    topic.send(count(1), b"\xff\xfe", None, b"[1]", b'{"shelf": 1}', large, b'{"shelf": 2,\n "pieces": 3}', count(4, 9))
    land(topic, root)
    land(topic, root, later=dt.timedelta(days=1, minutes=5))
    rows, refused = read(topic, root)
    assert [(row["source_line"], row["shelf"], row["pieces"][:3]) for row in rows] == [(1, "1", "1"), (6, "1", "xxx"), (7, "2", "3"), (8, "4", "9")]
    assert [(each.line, each.reason) for each in refused] == [
        (2, "the value is not text in UTF-8: partition 0, offset 1"),
        (3, "the event has no value: partition 0, offset 2"),
        (4, "the value is JSON, but a list, not an object: partition 0, offset 3"),
        (5, "missing pieces: partition 0, offset 4"),
    ]


def test_events_of_10_mb_are_landed_like_all_others(server: Server, root: Path) -> None:
    topic = Topic(server, "of_10_mb", most_bytes=11_000_000)
    text = "x" * 10_000_000
    topic.send(json.dumps({"shelf": 1, "pieces": text}).encode(), b"\xff" * 10_000_000, json.dumps([text]).encode(), count(2))
    land(topic, root)
    land(topic, root, later=dt.timedelta(days=1, minutes=5))
    rows, refused = read(topic, root)
    assert [(row["source_line"], row["shelf"], len(row["pieces"])) for row in rows] == [(1, "1", 10_000_000), (4, "2", 1)]
    assert [(each.line, each.reason) for each in refused] == [
        (2, "the value is not text in UTF-8: partition 0, offset 1"),
        (3, "the value is JSON, but a list, not an object: partition 0, offset 2"),
    ]
    assert all(len(each.raw) > 10_000_000 for each in refused)


@pytest.fixture(autouse=True)
def _no_day_ends_meanwhile() -> None:
    """Wait if a day is about to end: the tests have events of one day."""
    left = partitions.end_of(partitions.day_at(dt.datetime.now(dt.UTC))) - dt.datetime.now(dt.UTC)
    if left < dt.timedelta(seconds=40):
        time.sleep(left.total_seconds())
