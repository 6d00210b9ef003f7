"""A raw source: which files make up a batch day, and how they are read as text, row by row, or refused.

Belongs here: what all raw files share, whatever their source. A row is known by its file and its place in it.
Does not belong here: how bytes become rows (`formats/`), what a source's fields mean (its file in `lake/`), or which
rows make sense (the marts).
"""

import datetime as dt
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from isal import igzip, isal_zlib

from ..content import combined
from ..errors import DefinitionError, LakeError
from .formats.format import Block, BreaksOffError, Format, FormError, Refuse, Refused

BLOCK_BYTES = 4 << 20
MOST_REFUSED = 0.5
"""Share of a file's lines that may be no rows; of more, the file has another form."""
LEAST_REFUSED = 5
"""Lines below which they are single bad lines, whatever their share."""
MOST_REASONS = 1000
_GZIP_TRAILER = 4
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


class _Refusals:
    """The lines of a file that are no rows, counted by reason: if most are none, the file has another form."""

    def __init__(self, refuse: Refuse, *, is_whole: bool) -> None:
        self._refuse, self._is_whole, self._reasons = refuse, is_whole, dict[str, tuple[int, int]]()
        self._rows = self._refused = 0

    def add(self, refused: Refused) -> None:
        """Pass on what is no row."""
        self._refused += 1
        if refused.reason in self._reasons or len(self._reasons) < MOST_REASONS:
            first, count = self._reasons.get(refused.reason, (refused.line, 0))
            self._reasons[refused.reason] = first, count + 1
        self._refuse(refused)

    def told_first(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Yield the blocks of a file; refuse one of another form whole, rather than line by line, or for what follows from it.

        Raises:
            FormError: most of the file is no rows.
        """
        try:
            for block in blocks:
                self._rows += len(block.lines)
                yield block
        except FormError as wrong:
            self._check_form()
            # The end of a gzip file says that it is whole: a last line that was cut before is a bad line like any other.
            if not (self._is_whole and isinstance(wrong, BreaksOffError)):
                raise
        self._check_form()

    def _check_form(self) -> None:
        total = self._rows + self._refused
        if self._refused >= LEAST_REFUSED and self._refused > MOST_REFUSED * total:
            reason, (first, count) = max(self._reasons.items(), key=lambda item: item[1][1])
            raise FormError(
                f"its form changed: {self._refused} of {total} lines are no rows, {count} of them for one reason, the first in line {first}: {reason}"
            )


@dataclass(frozen=True)
class LakeFile:
    """A raw source: the files of a batch day below the lake's root, every field still text.

    Attributes:
        name: the source's name, which is the asset's and the file's in `lake/`.
        pattern: path below the lake's root, with `{day}` where the date stands; `.gz` files are unpacked. With a `*`, as in
            `drops/{day}/*.csv`, all files that match make up the day.
        columns: the fields, in the file's order, with what each means.
        format: how a file's bytes become rows.
        description: what the file is, for the catalog and the UI.
        may_be_empty: whether a file without rows is a day on which there was nothing to say.
        closing: with a `*` in the pattern, path of the file that says that the day is complete: a manifest, which
            has the name of each of the day's files in a line, below its own folder. Before it is there, the day is not.
    """

    name: str
    pattern: str
    columns: dict[str, str]
    format: Format
    description: str
    may_be_empty: bool = False
    closing: str | None = None

    def __post_init__(self) -> None:
        """Refuse a source of which nobody could say when a day is complete."""
        if ("*" in self.pattern) != bool(self.closing):
            raise DefinitionError(f"lake.{self.name}: a pattern with a `*` and `closing`, the file that says that a day is complete, go together.")

    @property
    def schema(self) -> pa.Schema:
        """The columns of its rows: where each is from, then its own fields, all text."""
        return pa.schema([*ORIGIN, *((name, pa.string()) for name in self.columns)])

    def path(self, root: Path, day: dt.date) -> Path:
        """Return where the file lies by which a day is there: its only one, or its manifest; whether it is there or not."""
        return root / (self.closing or self.pattern).format(day=day)

    def files(self, root: Path, day: dt.date) -> list[Path]:
        """Return the files that make up a day, by name; none if the day is not there yet.

        Raises:
            LakeError: a file that the manifest names is not there, or one is there that it does not name.
        """
        mark = self.path(root, day)
        if not self.closing or not mark.exists():
            return [mark] if mark.exists() else []
        named = {mark.parent / line for line in mark.read_text(encoding="utf-8-sig", errors="backslashreplace").splitlines() if line}
        there = set(root.glob(self.pattern.format(day=day))) - {mark}
        if lost := sorted(str(path.relative_to(root)) for path in named - there):
            raise LakeError(f"{mark}: names {', '.join(lost[:5])}, which {'is' if len(lost) == 1 else 'are'} not there. Ask for them again.", day=day)
        if strange := sorted(str(path.relative_to(root)) for path in there - named):
            raise LakeError(f"{mark}: does not name {', '.join(strange[:5])}. Add what belongs to the day to it, and move away what does not.", day=day)
        return sorted(named)

    def read(self, root: Path, path: Path, day: dt.date, refuse: Refuse, version: Version | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows of one of a day's files in blocks of bounded size; what is no row goes to `refuse`.

        Args:
            root: the lake's root.
            path: the file.
            day: the batch day.
            refuse: is called with each line or record that is no row.
            version: becomes that of the bytes which were read.

        Yields:
            The columns of `ORIGIN`, then the source's own, all text, in the order of the file.

        Raises:
            LakeError: the file is cut off or damaged, or not of the form that is expected.
        """
        name, refusals = str(path.relative_to(root)), _Refusals(refuse, is_whole=path.suffix == ".gz")
        with self._opened(path, day, version or Version()) as stream:
            for block in refusals.told_first(self.format.read(stream, tuple(self.columns), refusals.add)):
                count = len(block.lines)
                origin = [pa.repeat(pa.scalar(day, pa.date32()), count), pa.repeat(name, count), block.lines]
                yield pa.RecordBatch.from_arrays([*origin, *block.fields], schema=self.schema)

    def count(self, path: Path, day: dt.date) -> tuple[int, str]:
        """Return the number of rows of a file, readable or not, and the file's version.

        Raises:
            LakeError: the file is cut off or damaged.
        """
        version = Version()
        with self._opened(path, day, version) as stream:
            rows = self.format.count(stream)
        return rows, str(version)

    @contextmanager
    def _opened(self, path: Path, day: dt.date, version: Version) -> Iterator[BinaryIO]:
        """Open a file, unpacked; tell what is wrong with it by its name."""
        try:
            with path.open("rb") as stored:
                if self.format.seeks:
                    before = _state(stored)
                    _read_through(stored, version)
                    yield stored
                    if _state(stored) != before:
                        raise FormError("it was changed while it was read")
                else:
                    noted = cast(BinaryIO, _Noted(stored, version))
                    yield _unpacked(fileobj=noted) if path.suffix == ".gz" else noted
        except _DAMAGE as broken:
            raise LakeError(f"{path}: cut off or damaged ({broken}). Nothing of it was taken; ask for the file again.", day=day) from broken
        except FormError as wrong:
            raise LakeError(f"{path}: {wrong}. Ask for the file again, or describe its new form in lake/{self.name}.py.", day=day) from wrong


def _state(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _read_through(file: BinaryIO, version: Version) -> None:
    """Add all bytes of a file to a version, and go back to its begin."""
    while block := file.read(BLOCK_BYTES):
        version.add(block)
    file.seek(0)


def file_version(path: Path) -> str:
    """Return the version of a raw file.

    Raises:
        OSError: the file cannot be read.
    """
    version = Version()
    with path.open("rb") as file:
        _read_through(file, version)
    return str(version)


def unpacked_bytes(path: Path) -> int:
    """Return how many bytes a file has when it is unpacked; of one of over 4 GiB, or of several parts, gzip tells less (RFC 1952)."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if path.suffix != ".gz" or size < _GZIP_TRAILER:
            return size
        file.seek(-_GZIP_TRAILER, os.SEEK_END)
        return max(size, int.from_bytes(file.read(_GZIP_TRAILER), "little"))


def day_version(root: Path, files: Sequence[tuple[Path, str]]) -> str:
    """Return the version of a day from its files and their versions: a hash of names and hashes."""
    return combined([f"{path.relative_to(root)} {version}" for path, version in sorted(files)])
