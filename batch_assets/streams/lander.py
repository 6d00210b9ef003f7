"""The lander: reads a topic range by range into segments of the open day, and closes the day when the broker's time has passed its end.

A range is decided and noted first; then its segment is written; then the manifest names it. So whatever kills the lander, the next one
writes the same bytes again, or removes what no manifest names. One lander works on a stream at a time.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from .. import partitions
from ..durable import sync
from ..errors import LakeError
from .alone import alone
from .broker import Broker
from .health import Health
from .manifest import Manifest, Range, close, newest, save, sweep
from .segment import Event, write_segment
from .stream import MANIFEST, Stream

PATIENCE = dt.timedelta(seconds=30)
"""After the end of a day, so long may a broker's clock be behind ours."""


class Lander:
    """Lands a stream; a context in which no other lander does."""

    def __init__(self, stream: Stream, root: Path, broker: Broker, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        """Take the stream, the lake's root, the topic on its broker, and the clock."""
        self._stream, self._root, self._broker, self._now = stream, root, broker, now
        self._reaches: dt.datetime | None = None

    @contextmanager
    def alone(self) -> Iterator["Lander"]:
        """Be the only lander of the stream.

        Raises:
            LakeError: another process is.
        """
        with alone(self._stream, self._root):
            yield self

    def land(self) -> Iterator[str]:
        """Land all that the broker has, and close the days that have ended; yield a line for each segment and each day.

        Raises:
            LakeError: the topic is not what was landed before, or the broker no longer has what comes next.
            StorageError: the broker does not answer, or the disk is full.
        """
        manifest = self._begun()
        while manifest is not None:
            manifest = self._checked(manifest)
            asked_at = self._now()
            ends = self._ends(manifest)
            ranges = [Range(partition, first, min(ends[partition], first + self._stream.events)) for partition, first in manifest.positions.items()]
            ranges = [each for each in ranges if each.first < each.next]
            for each, following in zip_longest(ranges, ranges[1:]):
                manifest = self._landed(manifest, each, following)
                rows = manifest.segments[-1].rows
                yield f"{self._stream.name} {manifest.day}: partition {each.partition}, offsets {each.first} to {each.next - 1}, {rows:,} events"
            if manifest.positions != ends:
                continue
            if asked_at < partitions.end_of(manifest.day) + PATIENCE:
                self._reaches = asked_at - PATIENCE
                return
            manifest = replace(manifest, ends=ends)
            save(manifest, self._stream, self._root)
            yield f"{self._stream.name} {manifest.day}: closed, {sum(segment.rows for segment in manifest.segments):,} events"
            manifest = self._next(manifest)

    def lag(self) -> dict[int, int]:
        """Return, by partition, how many offsets the broker has that were not landed."""
        manifest = newest(self._stream, self._root)
        positions = manifest.positions if manifest else {}
        return {partition: max(0, self._broker.bounds(partition)[1] - positions.get(partition, 0)) for partition in self._broker.partitions()}

    def health(self) -> str:
        """Return how far what was landed is behind the broker, in a line."""
        lag = self.lag()
        behind = ", ".join(f"partition {partition} by {offsets:,}" for partition, offsets in lag.items() if offsets)
        told = f"behind the broker in {behind} offsets" if behind else "all that the broker has is landed"
        return f"{self._stream.name}: {told} ({len(lag)} partitions)"

    def state(self) -> Health:
        """Return how it is. A day's time is known with the patience that its end has, too."""
        manifest = newest(self._stream, self._root)
        return Health(manifest.day if manifest else partitions.day_at(self._now()), self._reaches, self.lag())

    def _begun(self) -> Manifest | None:
        """Return the open day's manifest, after what a killed lander left was put right; None if the topic has no event yet."""
        manifest = newest(self._stream, self._root)
        if manifest is None:
            return self._first()
        sweep(manifest, self._stream, self._root)
        self._check_last(self._checked(manifest))
        if manifest.ends is not None:
            return self._next(manifest)
        return self._landed(manifest, manifest.decided) if manifest.decided else manifest

    def _first(self) -> Manifest | None:
        """Begin with the day of the first event that the broker has."""
        begins = {partition: self._broker.bounds(partition)[0] for partition in self._broker.partitions()}
        times = [event.appended_at for partition, first in begins.items() if (event := self._event(partition, first))]
        if not times:
            return None
        day = partitions.day_at(dt.datetime.fromtimestamp(min(times) / 1000, dt.UTC))
        return self._opened(Manifest(day, self._stream.topic, self._broker.identity(), begins))

    def _next(self, ended: Manifest) -> Manifest:
        """Close a day that has ended, and open the next."""
        assert ended.ends is not None
        close(ended, self._stream, self._root)
        return self._opened(Manifest(ended.day + dt.timedelta(days=1), ended.topic, ended.identity, ended.ends, last=ended.last))

    def _opened(self, manifest: Manifest) -> Manifest:
        (self._stream.days(self._root) / str(manifest.day)).mkdir(parents=True, exist_ok=True)
        sync(self._stream.days(self._root))
        save(manifest, self._stream, self._root)
        return manifest

    def _landed(self, manifest: Manifest, of: Range, following: Range | None = None) -> Manifest:
        """Land a range, and return the manifest that names its segment, and has decided the range that is landed next, if that is known."""
        if manifest.decided != of:
            save(replace(manifest, decided=of), self._stream, self._root)
        segment = write_segment(self._stream.days(self._root) / str(manifest.day), self._stream.topic, of, self._broker.events(of))
        manifest = replace(manifest.with_segment(segment), decided=following)
        save(manifest, self._stream, self._root)
        return manifest

    def _ends(self, manifest: Manifest) -> dict[int, int]:
        """Return, by partition, the offset at which the day ends as far as the broker knows: the first one of the next day, or the one after its last."""
        end = partitions.end_of(manifest.day)
        return {
            partition: high if (first := self._broker.since(partition, end)) is None else min(first, high)
            for partition in manifest.begins
            for high in [self._broker.bounds(partition)[1]]
        }

    def _checked(self, manifest: Manifest) -> Manifest:
        """Return the manifest with the partitions that are new, which begin at 0, after a look at what the broker still has.

        Raises:
            LakeError: it is another topic, or events are lost that were not landed.
        """
        there = self._broker.partitions()
        if self._broker.identity() not in ("", manifest.identity) or set(manifest.begins) - set(there):
            raise self._is_another("it has another number, or fewer partitions")
        manifest = replace(manifest, begins={**dict.fromkeys(there, 0), **manifest.begins})
        for partition, position in manifest.positions.items():
            low, high = self._broker.bounds(partition)
            if low > position:
                raise LakeError(
                    f"topic {self._stream.topic}, partition {partition}: the next offset to land is {position}, and the broker has none before {low}: "
                    f"{low - position} offsets are lost, or were compacted away. Ask for them by other means; to go on without them, "
                    f"set the begin of the partition in {self._stream.days(self._root) / str(manifest.day) / MANIFEST} to {low}."
                )
            if high < position:
                raise self._is_another(f"partition {partition} ends at offset {high}, and offsets up to {position - 1} were landed")
        return manifest

    def _check_last(self, manifest: Manifest) -> None:
        """Check that the last event that was landed of each partition is still the one that the broker has there."""
        for partition, (offset, time) in manifest.last.items():
            if self._broker.bounds(partition)[0] <= offset:
                found = self._event(partition, offset)
                if found is None or (found.offset == offset and found.appended_at != time):
                    raise self._is_another(f"partition {partition}, offset {offset} is another event than was landed")

    def _event(self, partition: int, first: int) -> Event | None:
        """Return the first event at an offset or after it."""
        high = self._broker.bounds(partition)[1]
        return next(iter(self._broker.events(Range(partition, first, high))), None) if first < high else None

    def _is_another(self, why: str) -> LakeError:
        return LakeError(
            f"topic {self._stream.topic}: it was made anew under the same name, or belongs to another broker ({why}). Nothing was landed. Give the stream the "
            f"right broker, or land the new topic into another folder than {self._stream.days(self._root)}."
        )
