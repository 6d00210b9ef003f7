"""Which messages were landed before, and where: a subscription delivers a message at least once.

Of each id that was landed, eight bytes of a hash are kept in memory, and four for its segment. An id whose hash is among them is looked for in
the segment itself, so that two ids with one hash are not taken for one.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, cast

import numpy as np
import orjson
from isal import igzip

from .manifest import Manifest

_BYTES = 8


@dataclass
class Known:
    """The messages of some days' segments.

    Attributes:
        days: the folder of the days.
    """

    days: Path
    _segments: list[str] = field(default_factory=list)
    _hashes: dict[dt.date, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)

    def add(self, day: dt.date, segment: str, ids: Sequence[str]) -> None:
        """Add the messages of a segment."""
        if not ids:
            return
        hashes = np.sort(_hashed(ids))
        of_day = self._hashes.setdefault(day, [])
        of_day.append((hashes, np.full(len(hashes), len(self._segments), np.uint32)))
        self._segments.append(f"{day}/{segment}")
        while len(of_day) > 1 and 2 * len(of_day[-1][0]) >= len(of_day[-2][0]):
            of_day.append(_merged(of_day.pop(), of_day.pop()))

    def add_landed(self, manifest: Manifest) -> None:
        """Add the messages of a day's segments, as they are read from them."""
        for name in manifest.files():
            self.add(manifest.day, name, [message for message, is_first in _read(self.days / str(manifest.day) / name) if is_first])

    def forget(self, before: dt.date) -> None:
        """Forget the days before one."""
        self._hashes = {day: parts for day, parts in self._hashes.items() if day >= before}

    def places(self, ids: Sequence[str]) -> dict[str, str]:
        """Return where each of some messages was landed first, as file and line, of those that were."""
        hashes = _hashed(ids)
        suspects: dict[int, set[str]] = {}
        for part, segments in (part for parts in self._hashes.values() for part in parts):
            at = np.minimum(np.searchsorted(part, hashes), len(part) - 1)
            for n in np.flatnonzero(part[at] == hashes).tolist():
                same = segments[at[n] : np.searchsorted(part, hashes[n], "right")]
                for segment in same.tolist():
                    suspects.setdefault(segment, set()).add(ids[n])
        found: dict[str, str] = {}
        for segment, asked in sorted(suspects.items(), reverse=True):
            name = self._segments[segment]
            found |= {message: f"{name}, line {line}" for line, (message, is_first) in enumerate(_read(self.days / name), 1) if message in asked and is_first}
        return found


def _hashed(ids: Sequence[str]) -> np.ndarray:
    return np.frombuffer(b"".join(blake2b(each.encode(), digest_size=_BYTES).digest() for each in ids), np.uint64)


def _merged(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    hashes, segments = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(hashes, kind="stable")
    return hashes[order], segments[order]


def _read(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the id of each line's message, and whether it was landed first there. What was erased on request, and was no row, has none."""
    with cast(Callable[..., IO[bytes]], igzip.open)(path, "rb") as lines:
        for line in lines:
            event = orjson.loads(line)
            yield event.get("message_id", ""), "message_id" in event and "repeats" not in event
