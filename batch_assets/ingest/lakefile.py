"""A dated raw file: how it is found, read line by line as text, and refused.

Belongs here: what all raw files share, whatever their source. Every physical line after a header is one row,
known by its file and its line number; a line that is not a row is kept whole, with the reason.
Does not belong here: what a source's fields mean (its file in `lake/`), or which rows make sense (the marts).
"""

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from isal import igzip, isal_zlib

from ..errors import LakeError
from .formats.lines import Format, Unreadable

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20
_unpacked = cast(Callable[..., BinaryIO], igzip.IGzipFile)
_DAMAGE = (EOFError, cast(type[Exception], isal_zlib.error), igzip.BadGzipFile)
ORIGIN = pa.schema([("batch_date", pa.date32()), ("source_file", pa.string()), ("source_line", pa.int64())])


class Version:
    """The version of a raw file: the hash of its bytes, which are added as they are read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, block: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._digest.update(block)

    def __str__(self) -> str:
        """Return the version: 32 hexadecimal digits."""
        return self._digest.hexdigest()[:32]


class _Noted:
    """A file whose bytes are added to a version as they are read."""

    def __init__(self, file: BinaryIO, version: Version) -> None:
        self._file, self._version = file, version

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._version.add(block)
        return block

    def readinto(self, buffer: memoryview) -> int:
        size = cast(io.BufferedReader, self._file).readinto(buffer)
        self._version.add(memoryview(buffer)[:size])
        return size


@dataclass(frozen=True)
class LakeFile:
    """A raw source: one file a batch day below the lake's root, every field still text.

    Attributes:
        name: the source's name, which is the asset's and the file's in `lake/`.
        pattern: path below the lake's root, with `{day}` where the date stands; `.gz` files are unpacked.
        columns: the fields, in the file's order, with what each means.
        format: how a line is read.
        description: what the file is, for the catalog and the UI.
        may_be_empty: whether a file without rows is a day on which there was nothing to say.
    """

    name: str
    pattern: str
    columns: dict[str, str]
    format: Format
    description: str
    may_be_empty: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of its rows: where each is from, then its own fields, all text."""
        return pa.schema([*ORIGIN, *((name, pa.string()) for name in self.columns)])

    def path(self, root: Path, day: dt.date) -> Path:
        """Return where the file of a batch day lies, whether it is there or not."""
        return root / self.pattern.format(day=day)

    def read(self, root: Path, day: dt.date, unreadable: Callable[[Unreadable], None], version: Version | None = None) -> Iterator[pa.RecordBatch]:
        """Stream a day's rows in blocks of bounded size; lines that are no rows go to `unreadable`.

        Args:
            root: the lake's root.
            day: the batch day.
            unreadable: is called with each line that is no row.
            version: becomes that of the bytes which were read.

        Yields:
            The columns of `ORIGIN`, then the source's own, all text, in the order of the file.

        Raises:
            LakeError: the file is cut off or damaged, or its header is not the one expected.
        """
        path, names = self.path(root, day), tuple(self.columns)
        line = 1
        for block in self._blocks(path, version or Version()):
            if line == 1 and self.format.header_lines:
                head, _, block = block.partition(b"\n")
                if wrong := self.format.check_header(head, names):
                    raise LakeError(f"{path}: line 1: {wrong}. Ask for the file again, or describe its new form in lake/{self.name}.py.")
                line = 2
            rows = self.format.parse(block, line, names)
            for bad in rows.unreadable:
                unreadable(bad)
            if count := len(rows.lines):
                origin = [pa.repeat(pa.scalar(day, pa.date32()), count), pa.repeat(str(path.relative_to(root)), count), rows.lines]
                yield pa.RecordBatch.from_arrays([*origin, *rows.fields], schema=self.schema)
            line += len(rows.lines) + len(rows.unreadable)

    def count(self, root: Path, day: dt.date) -> int:
        """Return the number of rows of a day's file, readable or not.

        Raises:
            LakeError: the file is cut off or damaged.
        """
        lines = sum(count_lines(block) for block in self._blocks(self.path(root, day), Version()))
        return max(lines - self.format.header_lines, 0)

    def _blocks(self, path: Path, version: Version) -> Iterator[bytes]:
        """Yield the unpacked file in blocks of whole lines."""
        try:
            with path.open("rb") as stored:
                file = _Noted(stored, version)
                yield from _whole_lines(_unpacked(fileobj=file) if path.suffix == ".gz" else file, path)
        except _DAMAGE as broken:
            raise LakeError(f"{path}: cut off or damaged ({broken}). Nothing of it was taken; ask for the file again.") from broken


def _whole_lines(file: "BinaryIO | _Noted", path: Path) -> Iterator[bytes]:
    rest = b""
    while block := file.read(BLOCK_BYTES):
        if end := block.rfind(b"\n") + 1:
            yield rest + block[:end]
            rest = block[end:]
        else:
            rest += block
            if len(rest) > LINE_BYTES:
                raise LakeError(f"{path}: a line of more than {LINE_BYTES} bytes. It is no file of lines.")
    if rest:
        yield rest


def count_lines(block: bytes) -> int:
    """Return how many lines a block holds; a last line without its newline counts."""
    return block.count(b"\n") + (not block.endswith(b"\n") if block else 0)


def content_version(path: Path) -> str:
    """Return the version of a raw file.

    Raises:
        OSError: the file cannot be read.
    """
    version = Version()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            version.add(block)
    return str(version)
