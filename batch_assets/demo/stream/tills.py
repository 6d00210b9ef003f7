"""What the tills send: each line of a day's till file, in the file's order, as an event at the time of its sale.

A line that the file has twice is sent twice, one that is no line of the log is sent as it is, and one that was sold on an earlier day is sent at
the day's begin, as tills do that were offline. So the stream has what the file has.
"""

import datetime as dt
import gzip
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from confluent_kafka import Producer

from ... import partitions
from ...ingest.formats.format import Refused
from ...lake.pos_log import pos_log
from .clock import Clock

_SECOND = dt.timedelta(seconds=1)

SLACK = 2.0
"""Seconds of ours before the end of the day at which all is sent: what a pause of this machine delays must not be of the next day."""


@dataclass(frozen=True)
class Sent:
    """What a till sends: when, the store's number, so that what one store sends stays in its order, and the line."""

    at: dt.datetime
    key: bytes
    value: bytes


def events(lake: Path, file: Path, day: dt.date) -> Iterator[Sent]:
    """Yield what is sent of a day's till file, by time.

    Raises:
        LakeError: the file is damaged, or has another form.
    """
    lines, refused = gzip.decompress(file.read_bytes()).split(b"\n"), list[Refused]()
    rows = {row["source_line"]: row for batch in pos_log.read_as_is(lake, file, day, refused.append) for row in batch.to_pylist()}
    at, ends = partitions.end_of(day - dt.timedelta(days=1)), partitions.end_of(day) - _SECOND
    for number in sorted({*rows, *(line.line for line in refused)}):
        if row := rows.get(number):
            at = max(at, min(_time(row["sold_at"]) or at, ends))
            yield Sent(at, row["store_id"].encode(), orjson.dumps({name: row[name] for name in pos_log.columns}))
        else:
            yield Sent(at, b"", lines[number - 1])


def _time(sold_at: str) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(sold_at)
    except ValueError:
        return None
    return when if when.tzinfo else None


def send(sent: Sequence[Sent], address: str, topic: str, clock: Clock) -> None:
    """Send events, each when it is its time by the clock, but none in the day's last `SLACK`; return when the broker has all of them.

    Raises:
        ConnectionError: it did not take them.
    """
    producer = Producer({"bootstrap.servers": address, "linger.ms": 20, "log_level": 0})
    last = partitions.end_of(clock.day) - clock.speed * SLACK * _SECOND
    for event in sent:
        while (ahead := (min(event.at, last) - clock.now()).total_seconds() / clock.speed) > 0:
            producer.poll(0)
            time.sleep(min(ahead, 0.05))
        producer.produce(topic, key=event.key, value=event.value)
    if left := producer.flush(30):
        raise ConnectionError(f"{left} events were sent to {address} and not taken.")
