"""A day's events from Pub/Sub, in place of the raw files in which a lander would land them: the pipeline runs on until the day is over.

Belongs here: which messages are of the day, and how they become a segment in a worker's folder. Does not belong here: how a segment is read.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import FixedWindows

from .. import partitions
from ..ingest.lakefile import LakeFile
from ..streams.manifest import Range
from ..streams.segment import Event, write_segment

_DAY = dt.timedelta(days=1)
_TOPIC, _PARTITION = "pubsub", 0


def messages(pipeline: beam.Pipeline, subscription: str) -> beam.PCollection:
    """Return the messages of a subscription, each at the time of its publishing."""
    return pipeline | "messages" >> beam.io.ReadFromPubSub(subscription=subscription, with_attributes=True)


def of_day(came: beam.PCollection, day: dt.date) -> beam.PCollection:
    """Return a day with its messages, once, when the day is over; what was published on other days is left out."""
    begin, end = (partitions.end_of(each).timestamp() for each in (day - _DAY, day))
    return (
        came
        | "when" >> beam.Map(_when)
        | "of the day" >> beam.Filter(lambda message: begin <= message[0] < end)
        | "in a window" >> beam.WindowInto(FixedWindows(end - begin, offset=begin % (end - begin)))
        | "by day" >> beam.Map(lambda message: (str(day), message))
        | "together" >> beam.GroupByKey()
    )


def _when(message: Any, at: Any = beam.DoFn.TimestampParam) -> tuple[float, str, str | None, bytes]:
    return at.micros / 1e6, message.message_id, message.ordering_key or None, message.data


def put(came: Iterable[tuple[float, str, str | None, bytes]], source: LakeFile, day: dt.date, lake: Path) -> None:
    """Write a day's messages as a segment, each once, with the mark that the day is closed, as a lander leaves it."""
    assert source.closing
    once = {message[1]: message for message in sorted(came, key=lambda message: message[:2], reverse=True)}
    events = [
        Event(offset, int(at * 1000), key.encode() if key else None, value or None)
        for offset, (at, _, key, value) in enumerate(sorted(once.values(), key=lambda message: message[:2]))
    ]
    closed = lake / source.closing.format(day=day)
    closed.parent.mkdir(parents=True, exist_ok=True)
    of = Range(_PARTITION, 0, len(events))
    write_segment(closed.parent, _TOPIC, of, events)
    closed.write_text(f"{of.file(_TOPIC)}\n" if events else "", encoding="utf-8")
