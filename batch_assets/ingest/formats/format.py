"""What all formats have in common: a raw file's bytes become rows of text, each known by its place, and what is no row is refused.

Does not belong here: which files make up a day (`lakefile.py`), or what fields mean (`lake/`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias

import pyarrow as pa


class FormError(Exception):
    """A file that is not of its format, or not whole; the message says why, without the file's name."""


class BreaksOffError(FormError):
    """A file whose last line or record has no end and is no row. It is raised when all the others have been given and this one refused."""


@dataclass(frozen=True)
class Refused:
    """What is no row of its file's format, verbatim; bytes that are not UTF-8 are escaped.

    Attributes:
        line: its place in the file: the line, or the number of the record, from 1.
        reason: why it is none.
        raw: its text.
    """

    line: int
    reason: str
    raw: str

    @classmethod
    def of(cls, line: int, reason: str, raw: bytes) -> "Refused":
        """Keep a line's bytes as text."""
        return cls(line, reason, raw.decode("utf-8", "backslashreplace"))


Refuse: TypeAlias = Callable[[Refused], None]
"""What takes the refused."""


@dataclass(frozen=True)
class Block:
    """Some rows of a file: the place of each, and its fields as text, a column each."""

    lines: pa.Array
    fields: list[pa.Array]


class Format(Protocol):
    """How the bytes of a file become rows.

    Attributes:
        seeks: whether it reads a file in another order than from its begin to its end.
    """

    seeks: bool

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows in blocks of bounded size, in the file's order.

        Args:
            stream: the file, unpacked.
            columns: the names of the fields that a row has.
            refuse: is called with each line or record that is no row.

        Raises:
            FormError: the file is of another form, or damaged.
        """
        ...

    def count(self, stream: BinaryIO) -> int:
        """Return how many rows the file has, readable or not.

        Raises:
            FormError: the file is damaged.
        """
        ...
