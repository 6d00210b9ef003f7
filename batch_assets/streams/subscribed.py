"""The lander of a subscription: messages become a segment of their day, and only when a manifest names it are they taken for delivered.

A subscription has no offsets, and cannot be asked for a message again: it delivers what was not taken, whenever it likes, and some of it twice. So there
is no range to be decided before a segment is written. A segment has what came until then, in the order of its publishing, and its events are numbered
through their day. What kills the lander before the manifest's rename leaves a file that no manifest names, which is removed, and messages that come
again; after it, messages that come again though they were landed: those are lines, too, with the place of the first, and end in the quarantine.
"""

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from .. import partitions
from .alone import alone
from .health import Health
from .manifest import Range
from .open_days import PARTITION, OpenDays, open_days
from .segment import Event, write_segment
from .stream import Subscription
from .subscriber import Message, Subscriber

PATIENCE = dt.timedelta(seconds=30)
"""So long may a message be on its way, or the clock of Pub/Sub be behind ours."""

MOST_BYTES = 64 << 20
"""Bytes of messages of which a segment is made, and at most one request more."""

_MOST_OF_THE_DEADLINE = 0.3
"""Share of a subscription's deadline in which messages are gathered, so that they are landed before it is over."""


class SubscriptionLander:
    """Lands a subscription; a context in which no other lander does."""

    def __init__(self, stream: Subscription, root: Path, subscriber: Subscriber, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        """Take the stream, the lake's root, the subscription, and the clock."""
        self._stream, self._root, self._subscriber, self._now = stream, root, subscriber, now
        self._days: OpenDays | None = None

    @contextmanager
    def alone(self) -> Iterator["SubscriptionLander"]:
        """Be the only lander of the stream.

        Raises:
            LakeError: another process is.
        """
        with alone(self._stream, self._root) as self._held:
            yield self

    def land(self) -> Iterator[str]:
        """Land all that the subscription delivers, and close the days that are over; yield a line for each segment and each day.

        Raises:
            LakeError: there is no such subscription, or it is of another topic than what was landed before.
            StorageError: Pub/Sub does not answer, or the disk is full.
        """
        days = self._days or open_days(self._stream, self._root, self._subscriber.terms())
        self._days = None  # After a failure, the manifests are asked again.
        held_at = dt.datetime.fromtimestamp(self._held.stat().st_mtime, dt.UTC)
        messages: Sequence[Message] | None = None
        while messages is None or messages:
            quiet_since = self._now() - days.terms.deadline - PATIENCE
            self._held.touch()
            messages = self._gathered(days.terms.deadline)
            for day, published in groupby(sorted(messages, key=lambda message: (days.of(message), message.published_at, message.id)), days.of):
                yield self._landed(days, day, list(published))
            os.utime(self._held, (0, 0))
            while held_at <= quiet_since and (day_over := days.over(quiet_since)):
                yield f"{self._stream.name} {day_over}: closed, {days.close(day_over):,} events"
        self._days = days

    def health(self) -> str:
        """Return what was landed of the days that are open, in a line: only Google's monitoring knows how much is still to come."""
        days = self._days or open_days(self._stream, self._root, self._subscriber.terms())
        told = [f"{day} has {manifest.rows:,} events" for day, manifest in sorted(days.manifests.items())]
        return f"{self._stream.name}: all that was delivered is landed ({', '.join(told) or 'no day is open'})"

    def state(self) -> Health:
        """Return how it is: which day is open. A message may be delivered at any time, so it reaches nowhere."""
        days = self._days.manifests if self._days else {}
        return Health(max(days, default=partitions.day_at(self._now())), None, {})

    def _gathered(self, deadline: dt.timedelta) -> list[Message]:
        """Return the messages of a segment: as many as come in a part of the deadline, and fit into it."""
        gathered: list[Message] = []
        size, until = 0, time.monotonic() + _MOST_OF_THE_DEADLINE * deadline.total_seconds()
        while len(gathered) < self._stream.events and size < MOST_BYTES and time.monotonic() < until:
            came = self._subscriber.pulled(self._stream.events - len(gathered))
            if not came:
                break
            gathered += came
            size += sum(len(message.value) for message in came)
        return gathered

    def _landed(self, days: OpenDays, day: dt.date, messages: Sequence[Message]) -> str:
        """Land messages of a day, then take them for delivered; return what was landed, in a line."""
        manifest = days.manifest(day)
        first = manifest.positions[PARTITION]
        of = Range(PARTITION, first, first + len(messages))
        events = _events(messages, first, f"{day}/{of.file(manifest.topic)}", days.known.places([message.id for message in messages]))
        segment = write_segment(self._stream.days(self._root) / str(day), manifest.topic, of, events)
        ids = [message.id for message, event in zip(messages, events, strict=True) if event.besides and "repeats" not in event.besides]
        days.add(day, segment, ids)
        self._subscriber.take(messages)
        return f"{self._stream.name} {day}: {len(messages):,} events, {len(messages) - len(ids):,} of them delivered again"


def _events(messages: Sequence[Message], first: int, segment: str, places: dict[str, str]) -> list[Event]:
    """Return messages as events, and where each that was delivered again was landed first."""
    known, events = dict(places), []
    for number, message in enumerate(messages):
        seconds, nanoseconds = message.published_at
        besides = {"message_id": message.id, "attributes": message.attributes}
        if message.id in known:
            besides["repeats"] = known[message.id]
        known.setdefault(message.id, f"{segment}, line {number + 1}")
        key = message.key.encode() if message.key else None
        events.append(Event(first + number, seconds * 1000 + nanoseconds // 1_000_000, key, message.value or None, besides))
    return events
