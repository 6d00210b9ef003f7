"""Line-based formats: a file is read in blocks of whole lines. Every physical line after the header is a row or is rejected."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa

from .format import Block, FormError, Refuse, Refused

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20


@dataclass(frozen=True)
class Rows:
    """The contents of a block: fields as text, the line number of each row, and the lines that are not rows."""

    fields: list[pa.Array]
    lines: pa.Array
    refused: list[Refused]


class LineFormat:
    """The base of line-based formats: what the first line must be, and how a block of whole lines becomes rows."""

    seeks = False
    header_lines = 0

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return what is wrong with the first line, or None."""
        return None

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Parse whole lines; `first_line` is the line number of the first one in its file."""
        raise NotImplementedError

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

    def count(self, stream: BinaryIO) -> int:
        """Return the number of lines after the header."""
        return max(sum(_count_lines(block) for block in _whole_lines(stream)) - self.header_lines, 0)


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
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
