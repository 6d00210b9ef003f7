"""A day's manifest: which segments it has, and so how far each partition was landed. Nothing else says that: not the broker, and no list of files.

A manifest is replaced by a rename; what it does not name was never landed. Does not belong here: what is in a segment (`segment.py`).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from .. import durable
from ..errors import LakeError
from ..ingest.lakefile import LakeFile
from .stream import CLOSED, MANIFEST, Landed


@dataclass(frozen=True)
class Range:
    """Offsets of a partition: the first, and the one after the last. Not every one of them has an event."""

    partition: int
    first: int
    next: int

    def file(self, topic: str) -> str:
        """Return the name of the segment of these offsets."""
        return f"{topic}-{self.partition}-{self.first:020}-{self.next:020}.jsonl.gz"


@dataclass(frozen=True)
class Segment:
    """A segment: its range, the number of its events, its version as a raw file, and the offset and time in milliseconds of its last event, if it has one."""

    range: Range
    rows: int
    version: str
    last: tuple[int, int] | None


@dataclass(frozen=True)
class Manifest:
    """What was landed of a day.

    Attributes:
        day: the batch day.
        topic: the topic's name.
        identity: what the broker knows the topic by, if it tells: another topic of the same name has another.
        begins: by partition, the first offset of the day.
        segments: the day's segments.
        ends: by partition, the offset at which the day ends; None while it lasts.
        decided: the range that is being landed, if any: its segment is written again after a crash, with the same bytes.
        last: by partition, the last event that was ever landed: offset, and time in milliseconds.
    """

    day: dt.date
    topic: str
    identity: str
    begins: Mapping[int, int]
    segments: Sequence[Segment] = ()
    ends: Mapping[int, int] | None = None
    decided: Range | None = None
    last: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def positions(self) -> dict[int, int]:
        """By partition, the offset that comes next."""
        found = dict(self.begins)
        for segment in self.segments:
            found[segment.range.partition] = max(found.get(segment.range.partition, 0), segment.range.next)
        return found

    def with_segment(self, segment: Segment) -> "Manifest":
        """Return the manifest with one more segment, and nothing decided."""
        last = {**self.last, segment.range.partition: segment.last} if segment.last else self.last
        return replace(self, segments=[*self.segments, segment], last=last, decided=None)

    @property
    def rows(self) -> int:
        """The number of its events."""
        return sum(segment.rows for segment in self.segments)

    def files(self) -> list[str]:
        """Return the names of the segments that have events, in order."""
        return sorted(segment.range.file(self.topic) for segment in self.segments if segment.rows)


def newest(stream: Landed, root: Path) -> Manifest | None:
    """Return the manifest of the last day; None if nothing was ever landed.

    Raises:
        LakeError: it is damaged.
    """
    return newest_in(stream.days(root))


def newest_in(folder: Path) -> Manifest | None:
    """Return the manifest of the last day in the folder of a stream's days; None if nothing was ever landed.

    Raises:
        LakeError: it is damaged.
    """
    found = sorted(folder.glob(f"*/{MANIFEST}"))
    return read(found[-1]) if found else None


def folders(source: LakeFile, root: Path) -> list[Path]:
    """Return the folders of a source's days that come by a stream; none, if its days come in no such form."""
    return [(root / str(form.so_far)).parent.parent for form in source.streams]


def save(manifest: Manifest, stream: Landed, root: Path) -> None:
    """Replace the manifest of its day, and have it on the disk."""
    folder = stream.days(root) / str(manifest.day)
    rows = dict.fromkeys(manifest.begins, 0)
    for segment in manifest.segments:
        rows[segment.range.partition] += segment.rows
    in_order = sorted(manifest.segments, key=lambda segment: (segment.range.partition, segment.range.first))
    told = {**vars(manifest), "segments": in_order, "rows": rows}
    durable.replace(folder / MANIFEST, orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def close(manifest: Manifest, stream: Landed, root: Path) -> None:
    """Mark a day as complete: from now on it is a raw file's day like any other."""
    durable.replace(stream.days(root) / str(manifest.day) / CLOSED, "".join(f"{name}\n" for name in manifest.files()).encode())


def sweep(manifest: Manifest, stream: Landed, root: Path) -> None:
    """Remove what a lander left that was killed: segments that the manifest does not name, and what has not got its name."""
    folder = stream.days(root) / str(manifest.day)
    named = set(manifest.files())
    for path in [*folder.glob(".*.unfinished"), *folder.glob(f"{manifest.topic}-*.jsonl.gz")]:
        if path.name not in named:
            path.unlink()


def read(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        LakeError: it is damaged.
    """
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        decided = Range(**told["decided"]) if told["decided"] else None
        segments = [Segment(Range(**each["range"]), each["rows"], each["version"], tuple(each["last"]) if each["last"] else None) for each in told["segments"]]
        return Manifest(
            dt.date.fromisoformat(told["day"]),
            told["topic"],
            told["identity"],
            _by_partition(told["begins"]),
            segments,
            None if told["ends"] is None else _by_partition(told["ends"]),
            decided,
            {int(partition): (event[0], event[1]) for partition, event in told["last"].items()},
        )
    except (ValueError, KeyError, TypeError) as wrong:
        raise LakeError(f"{path}: is damaged ({type(wrong).__name__}: {wrong}). Bring it back from a backup: it says how far the topic was landed.") from wrong


def _by_partition(offsets: Mapping[str, int]) -> dict[int, int]:
    return {int(partition): offset for partition, offset in offsets.items()}
