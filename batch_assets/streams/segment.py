"""A segment: the events of a range of offsets, a line each, as bytes that are those of the range alone.

The order is that of the offsets, the compression is fixed, and nothing is of a clock of ours, so writing a segment again gives the same
bytes. Each event is a line, whatever is in it, so a poisoned one ends in the quarantine by its place.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import orjson
from isal import igzip

from ..durable import put, unfinished
from ..ingest.lakefile import file_version
from .manifest import Range, Segment

_packed = cast(Callable[..., IO[Any]], igzip.IGzipFile)
_LEVEL = 1
_BUFFER = 1 << 20


class Event(NamedTuple):
    """An event as the broker has it; a tuple, since there are many.

    Attributes:
        offset: its offset.
        appended_at: the time at which it was appended, in milliseconds.
        key: its key.
        value: its value.
        besides: what else is told of it, by name.
    """

    offset: int
    appended_at: int
    key: bytes | None
    value: bytes | None
    besides: Mapping[str, Any] | None = None


def write_segment(folder: Path, topic: str, of: Range, events: Iterable[Event]) -> Segment:
    """Write the segment of a range, under its own name once it is whole and on the disk."""
    path = folder / of.file(topic)
    written = unfinished(path)
    rows, last = 0, cast(Event | None, None)
    with written.open("wb") as file, _packed("", "wb", _LEVEL, file, mtime=0) as packed:
        waiting = bytearray()
        for event in events:
            waiting += line_of(of.partition, event)
            rows, last = rows + 1, event
            if len(waiting) > _BUFFER:
                packed.write(bytes(waiting))
                waiting.clear()
        packed.write(bytes(waiting))
    version = file_version(written)
    if rows:
        put(written, path)
    else:
        written.unlink()
    return Segment(of, rows, version, (last.offset, last.appended_at) if last else None)


def line_of(partition: int, event: Event) -> bytes:
    """Return an event as a line: a value that is text as text, and one that is not in base64."""
    offset, appended_at, key, value, besides = event
    told: dict[str, Any] = {"partition": partition, "offset": offset, "appended_at": appended_at}
    try:
        told["key"] = None if key is None else key.decode()
        told["value"] = None if value is None else value.decode()
    except UnicodeDecodeError:
        told |= _told("key", key) | _told("value", value)
    if besides:
        told |= besides
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


def _told(name: str, value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}
