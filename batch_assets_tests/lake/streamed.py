"""Lands days as a stream's lander would, without a broker: what the tills would have sent, cut into segments."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from batch_assets import partitions
from batch_assets.demo.stream.tills import Sent, events
from batch_assets.lake.pos_log import pos_log
from batch_assets.streams.manifest import Manifest, Range, close, save
from batch_assets.streams.segment import Event, write_segment
from batch_assets.streams.tills import tills


def sent(root: Path, day: dt.date) -> list[Sent]:
    """Return what the tills would have sent of a day instead of the file that lies in the lake."""
    return list(events(root, pos_log.path(root, day), day))


def opened(root: Path, day: dt.date) -> Manifest:
    """Begin a day in which nothing has landed yet."""
    (tills.days(root) / str(day)).mkdir(parents=True, exist_ok=True)
    manifest = Manifest(day, tills.topic, "", {0: 0, 1: 0})
    save(manifest, tills, root)
    return manifest


def land(root: Path, manifest: Manifest, come: Sequence[Sent]) -> Manifest:
    """Land some more of a day's events, a segment in each partition."""
    folder = tills.days(root) / str(manifest.day)
    for partition, first in manifest.positions.items():
        its = [each for each in come if partition_of(each) == partition]
        at = [Event(first + n, int(each.at.timestamp() * 1000), each.key, each.value) for n, each in enumerate(its)]
        if at:
            manifest = manifest.with_segment(write_segment(folder, tills.topic, Range(partition, first, first + len(at)), at))
    save(manifest, tills, root)
    return manifest


def partition_of(event: Sent) -> int:
    """Return the partition that an event's key puts it in."""
    return sum(event.key) % 2


def end(root: Path, manifest: Manifest) -> None:
    """Close a day."""
    closed = replace(manifest, ends=manifest.positions)
    save(closed, tills, root)
    close(closed, tills, root)


def stream_instead(root: Path, day: dt.date, cuts: Sequence[int] = ()) -> None:
    """Put segments of what the tills would have sent in the place of a day's till file, cut after so many events."""
    come, manifest = sent(root, day), opened(root, day)
    pos_log.path(root, day).unlink()
    for first, last in pairwise([0, *sorted(cuts), len(come)]):
        manifest = land(root, manifest, come[first:last])
    end(root, manifest)


def in_the_day(day: dt.date, hour: int) -> dt.datetime:
    """Return an instant of a batch day."""
    return partitions.end_of(day - dt.timedelta(days=1)) + dt.timedelta(hours=hour)
