"""The days of a subscription that are not closed, as their manifests tell it, and the messages that may be delivered again.

Belongs here: to which day a message belongs, and when a day is over. Does not belong here: what is done with messages (`subscribed.py`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .. import partitions
from ..durable import sync
from ..errors import LakeError
from .manifest import Manifest, Segment, close, read, save, sweep
from .repeats import Known
from .stream import CLOSED, MANIFEST, Subscription
from .subscriber import Message, Terms

PARTITION = 0
_DAY = dt.timedelta(days=1)
_DELETED = "_deleted-topic_"
"""What Pub/Sub calls the topic of a subscription whose topic was deleted: what it still has is landed."""


@dataclass
class OpenDays:
    """The days that are not closed.

    Attributes:
        stream: the stream.
        root: the lake's root.
        terms: what the subscription promises.
        first: the first day that is not closed; None if none ever was.
        manifests: the manifests of those that have messages.
        known: the messages that were landed, as long as they may be delivered again.
    """

    stream: Subscription
    root: Path
    terms: Terms
    first: dt.date | None
    manifests: dict[dt.date, Manifest]
    known: Known

    def of(self, message: Message) -> dt.date:
        """Return the day to which a message belongs: the one on which it was published, or the first that is open."""
        day = partitions.day_at(dt.datetime.fromtimestamp(message.published_at[0], dt.UTC))
        return max(day, self.first) if self.first else day

    def manifest(self, day: dt.date) -> Manifest:
        """Return a day's manifest; the first time, begin it."""
        if day not in self.manifests:
            folder = self.stream.days(self.root)
            (folder / str(day)).mkdir(parents=True, exist_ok=True)
            sync(folder)
            self.save(Manifest(day, self.stream.path().rpartition("/")[2], self.terms.topic, {PARTITION: 0}))
        return self.manifests[day]

    def add(self, day: dt.date, segment: Segment, ids: list[str]) -> None:
        """Name a segment in its day's manifest, and remember the messages that were landed in it first."""
        manifest = self.manifests[day].with_segment(segment)
        self.save(manifest)
        self.known.add(day, segment.range.file(manifest.topic), ids)

    def save(self, manifest: Manifest) -> None:
        """Replace a day's manifest."""
        save(manifest, self.stream, self.root)
        self.manifests[manifest.day] = manifest

    def over(self, quiet_since: dt.datetime) -> dt.date | None:
        """Return the first open day if it ended, and nothing was landed of it, before a time; else None."""
        day = self.first or min(self.manifests, default=None)
        if day is None or partitions.end_of(day) > quiet_since:
            return None
        landed_at = _path(self.stream, self.root, day).stat().st_mtime if day in self.manifests else 0.0
        return day if dt.datetime.fromtimestamp(landed_at, dt.UTC) <= quiet_since else None

    def close(self, day: dt.date) -> int:
        """Close the first open day; return how many events it has."""
        manifest = self.manifest(day)
        if manifest.ends is None:
            self.save(replace(manifest, ends=manifest.positions))
        close(manifest, self.stream, self.root)
        self.first = day + _DAY
        self.known.forget(_remembered(self.first, self.terms))
        return self.manifests.pop(day).rows


def open_days(stream: Subscription, root: Path, terms: Terms) -> OpenDays:
    """Return the days that are not closed, after what a killed lander left was put right.

    Raises:
        LakeError: another topic was landed before; a manifest is damaged.
    """
    there = _manifests(stream, root)
    closed = {day for day in there if _path(stream, root, day).with_name(CLOSED).exists()}
    days = OpenDays(stream, root, terms, max(closed) + _DAY if closed else None, {}, Known(stream.days(root)))
    for day in sorted(there):
        if day in closed and days.first and day < _remembered(days.first, terms):
            continue
        manifest = read(there[day])
        _check_topic(manifest, days)
        days.known.add_landed(manifest)
        if day not in closed:
            sweep(manifest, stream, root)
            days.manifests[day] = manifest
    for day, manifest in list(days.manifests.items()):
        if manifest.ends is not None:
            days.close(day)
    return days


def _manifests(stream: Subscription, root: Path) -> Mapping[dt.date, Path]:
    return {dt.date.fromisoformat(path.parent.name): path for path in stream.days(root).glob(f"*/{MANIFEST}")}


def _path(stream: Subscription, root: Path, day: dt.date) -> Path:
    return stream.days(root) / str(day) / MANIFEST


def _remembered(first: dt.date, terms: Terms) -> dt.date:
    """Return the first day of which a message may still be delivered again."""
    return first - dt.timedelta(days=terms.retention.days + 1)


def _check_topic(manifest: Manifest, days: OpenDays) -> None:
    if days.terms.topic not in (manifest.identity, _DELETED):
        raise LakeError(
            f"subscription {days.stream.path()}: is of {days.terms.topic}, and on {manifest.day} messages of {manifest.identity} were landed, whose ids "
            f"say nothing about those of another topic. Nothing was landed. Give the stream a subscription of that topic, or another folder than "
            f"{days.stream.days(days.root)}."
        )
