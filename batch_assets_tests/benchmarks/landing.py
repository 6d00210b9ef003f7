"""Landing: events per second from a broker to segments that are on the disk, beside a bare loop that only takes the same events from the broker.

The broker runs on the same machine, and takes its share of the cores. Both begin at the first offset each time, in turn.
"""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from batch_assets.demo.stream.server import PARTITIONS, broker
from batch_assets.streams.broker import Broker
from batch_assets.streams.lander import Lander
from batch_assets.streams.manifest import newest
from batch_assets.streams.stream import Stream

from .bars import Bar, interleaved, median, print_table
from .workshop import Workshop, tell

EVENTS, SIZE, TIMES = 400_000, 150, 5
"""A segment's worth in each partition: this broker answers each request with all that it has from there on, where Kafka answers with a part."""

LEAST_A_SECOND, LEAST_SHARE = 100_000, 0.5
TOPIC = "readings"


def measure(workshop: Workshop) -> list[Bar]:
    """Print the events per second, and return the bar: so many a second, or so large a share of what the bare loop takes."""
    folder = workshop.folder / "landing"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with broker(folder / "broker", port, TOPIC) as address:
        tell(f"sending {EVENTS:,} events of {SIZE} bytes")
        _send(address)
        tell(f"taking and landing them, {TIMES + 1} times each")
        numbers = iter(range(TIMES + 1))
        ways: dict[str, Callable[[], object]] = {"bare loop": lambda: _take(address), "lander": lambda: _land(address, folder / f"lake {next(numbers)}")}
        seconds = {name: median(times) for name, times in interleaved(TIMES, ways).items()}
    rate = {name: EVENTS / taken for name, taken in seconds.items()}
    rows = [[name, f"{taken:.2f}", f"{rate[name]:,.0f}"] for name, taken in seconds.items()]
    print_table(f"{EVENTS:,} events of {SIZE} bytes, in {PARTITIONS} partitions, {TIMES} times", ["", "median seconds", "events/s"], rows)
    share = rate["lander"] / rate["bare loop"]
    print(f"  the lander's share of the bare loop: {share:.2f}")
    return [
        Bar(
            "landing: events/s by 100,000, or its share of a bare loop by half, whichever is more", max(rate["lander"] / LEAST_A_SECOND, share / LEAST_SHARE), 1
        )
    ]


def _send(address: str) -> None:
    producer = Producer({"bootstrap.servers": address, "linger.ms": 50, "queue.buffering.max.messages": 200_000, "log_level": 0})
    for number in range(EVENTS):
        value = f'{{"sensor": {number % 977}, "reading": {number:010}, "note": "'.encode()
        event = value + b"x" * (SIZE - len(value) - 2) + b'"}'
        while True:
            try:
                producer.produce(TOPIC, event, partition=number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        raise RuntimeError("the broker did not take all events")


def _take(address: str) -> None:
    """Take all events from the broker, and do nothing with them."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "bare", "enable.auto.commit": False, "auto.offset.reset": "earliest", "log_level": 0})
    consumer.assign([TopicPartition(TOPIC, partition, 0) for partition in range(PARTITIONS)])
    taken, size, since = 0, 0, time.monotonic()
    while taken < EVENTS:
        messages = consumer.consume(10_000, 0.2)
        taken += len(messages)
        size += sum(len(message.value() or b"") for message in messages)
        if messages:
            since = time.monotonic()
        elif time.monotonic() - since > 30:
            raise RuntimeError(f"only {taken} events came")
    consumer.close()
    if size != EVENTS * SIZE:
        raise RuntimeError(f"{size} bytes came")


def _land(address: str, lake: Path) -> None:
    """Land all events, as `land readings --once` does."""
    stream = Stream("readings", "streams/readings", TOPIC, lambda: address)
    with Broker(address, TOPIC) as source, Lander(stream, lake, source).alone() as lander:
        for _ in lander.land():
            pass
    manifest = newest(stream, lake)
    landed = sum(segment.rows for segment in manifest.segments) if manifest else 0
    if landed != EVENTS:
        raise RuntimeError(f"{landed} events were landed")
