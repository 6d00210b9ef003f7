"""What all formats have in common: a block of whole lines becomes rows, known by line number, and lines that are no rows.

Does not belong here: where blocks come from (`lakefile.py`), or what fields mean (`lake/`).
"""

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Unreadable:
    """A line that is no row of its file's format, as it stands there; bytes that are not UTF-8 are escaped."""

    line: int
    reason: str
    raw: str

    @classmethod
    def of(cls, line: int, reason: str, raw: bytes) -> "Unreadable":
        """Keep a line's bytes as text."""
        return cls(line, reason, raw.decode("utf-8", "backslashreplace"))


@dataclass(frozen=True)
class Rows:
    """What a block of lines held: fields as text, the line of each row, and the lines that are no rows."""

    fields: list[pa.Array]
    lines: pa.Array
    unreadable: list[Unreadable]


class Format(Protocol):
    """A line format: what its first line must be, and how a block of whole lines becomes rows."""

    header_lines: int

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return what is wrong with the first line, or None."""
        ...

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Read whole lines; `first_line` is the number of the first one in its file."""
        ...
