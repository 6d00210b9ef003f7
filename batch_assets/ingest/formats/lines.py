"""Line-based formats: a file is read in blocks of whole lines. Every physical line after the header is a row or is rejected.

A byte order mark at the start of the file is not part of its first line. A last line without a newline is a row if it reads as
one; if it does not, the file breaks off there.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from .format import Block, BreaksOffError, FormError, Refuse, Refused

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20
LINES_AT_ONCE = 1 << 16
"""Lines that a block may have: those of a few bytes take many times their size to read."""
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Rows:
    """The contents of a block: fields as text, the line number of each row, and the lines that are not rows."""

    fields: list[pa.Array]
    lines: pa.Array
    refused: list[Refused]


class LineFormat:
    """The base of line-based formats: what the first line must be, and how a block of whole lines becomes rows."""

    seeks = False
    nothing: str | None = ""
    stand_in = "erased on request"
    header_lines = 0

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return what is wrong with the first line, or None."""
        return None

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Parse whole lines; `first_line` is the line number of the first one in its file."""
        raise NotImplementedError

    def without(self, line: bytes, columns: tuple[str, ...], fields: Collection[str]) -> bytes:
        """Return a line that is a row, with some fields empty; it has no end."""
        raise NotImplementedError

    def emptied(self, content: bytes, columns: tuple[str, ...], fields: Collection[str], rows: Collection[int], refused: Collection[int]) -> bytes:
        """Return a file in which some rows have empty fields, and lines that are none are replaced."""
        mark = BOM if content.startswith(BOM) else b""
        lines = content.removeprefix(BOM).split(b"\n")
        for number in (*rows, *refused):
            line, end = lines[number - 1].removesuffix(b"\r"), b"\r" if lines[number - 1].endswith(b"\r") else b""
            lines[number - 1] = (self.without(line, columns, fields) if number in rows else self.stand_in.encode()) + end
        return mark + b"\n".join(lines)

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows of a file, one block of lines at a time."""
        line = 1
        for block in _whole_lines(stream):
            if line == 1 and self.header_lines:
                head, _, block = block.partition(b"\n")
                if wrong := self.check_header(head, columns):
                    raise FormError(f"line 1: {wrong}")
                line = 2
            rows = self.parse(block, line, columns)
            for refused in rows.refused:
                refuse(refused)
            if len(rows.lines):
                yield Block(rows.lines, rows.fields)
            line += len(rows.lines) + len(rows.refused)
            if rows.refused and rows.refused[-1].line == line - 1 and not block.endswith(b"\n"):
                raise BreaksOffError(f"line {line - 1}, the last, has no end and is no row ({rows.refused[-1].reason}): the file breaks off")

    def count(self, stream: BinaryIO) -> int:
        """Return the number of lines after the header."""
        return max(sum(_count_lines(block) for block in _whole_lines(stream)) - self.header_lines, 0)


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield a file's lines, without a byte order mark at its begin, so many at once as fit into the memory."""
    is_first = True
    for block in _blocks(stream):
        yield from _few(block.removeprefix(BOM) if is_first else block)
        is_first = False


def _few(block: bytes) -> Iterator[bytes]:
    """Yield a block in pieces of few lines."""
    is_end = np.frombuffer(block, np.uint8) == ord("\n")
    if np.count_nonzero(is_end) <= LINES_AT_ONCE:
        yield from [block] * bool(block)
        return
    ends = np.flatnonzero(is_end)[LINES_AT_ONCE - 1 :: LINES_AT_ONCE] + 1
    yield from (block[begin:end] for begin, end in pairwise([0, *ends.tolist(), len(block)]) if begin < end)


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield blocks that end with a line's end, but for the last."""
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        if end := block.rfind(b"\n") + 1:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
            if len(rest) > LINE_BYTES:
                raise FormError(f"a line of more than {LINE_BYTES} bytes: this is not a file of lines")
    if rest:
        yield rest


def _count_lines(block: bytes) -> int:
    """Return the number of lines in a block; a last line without a newline counts."""
    return block.count(b"\n") + (not block.endswith(b"\n") if block else 0)
