"""What all formats have in common: a raw file's bytes become rows of text, each with its position. What is not a row is rejected.

Does not belong here: which files make up a day (`lakefile.py`), or what fields mean (`lake/`).
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias

import pyarrow as pa


class FormError(Exception):
    """A file is not in its format, or not complete. The message says why, without the file's name."""


class BreaksOffError(FormError):
    """A file whose last line or record has no end and is no row. It is raised when all the others have been given and this one refused."""


REPEATED = "repeated message"
"""How the reason of a line begins that was delivered again. It says nothing against its file, nor against the mart that reads it."""


@dataclass(frozen=True)
class Refused:
    """A line or record that is not a row of its file's format, verbatim; bytes that are not UTF-8 are escaped.

    Attributes:
        line: its position in the file: the line or record number, from 1.
        reason: why it is not a row.
        raw: its text.
    """

    line: int
    reason: str
    raw: str

    @classmethod
    def of(cls, line: int, reason: str, raw: bytes) -> "Refused":
        """Store a line's bytes as text."""
        return cls(line, reason, raw.decode("utf-8", "backslashreplace"))


Refuse: TypeAlias = Callable[[Refused], None]
"""A callback that receives what is rejected."""


@dataclass(frozen=True)
class Block:
    """Some rows of a file: their positions, and their fields as columns of text."""

    lines: pa.Array
    fields: list[pa.Array]


class Format(Protocol):
    """How the bytes of a file become rows.

    Attributes:
        seeks: whether it needs random access, rather than reading the file from start to end.
    """

    seeks: bool

    @property
    def nothing(self) -> str | None:
        """What an empty field is read as."""
        ...

    @property
    def stand_in(self) -> str:
        """How the text of a line begins that stands for one that is erased and was no row."""
        ...

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows in blocks of bounded size, in the file's order.

        Args:
            stream: the file, decompressed.
            columns: the names of a row's fields.
            refuse: called with each line or record that is not a row.

        Raises:
            FormError: the file has a different form, or is corrupt.
        """
        ...

    def count(self, stream: BinaryIO) -> int:
        """Return the number of rows in the file, readable or not.

        Raises:
            FormError: the file is corrupt.
        """
        ...

    def emptied(self, content: bytes, columns: tuple[str, ...], fields: Collection[str], rows: Collection[int], refused: Collection[int]) -> bytes:
        """Return a file, decompressed, in which some rows lack what was in some fields; all else reads as before.

        Args:
            content: the file.
            columns: the names of a row's fields.
            fields: the fields that become empty; one that is not there stays so.
            rows: the positions of these rows.
            refused: the positions of lines or records that are no rows, which are replaced.
        """
        ...
