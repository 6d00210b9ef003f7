"""A dated raw file: how it is found, read line by line as text, and refused.

Belongs here: what all raw files share, whatever their source. Every physical line after a header is one row,
known by its file and its line number; a line that is not a row is kept whole, with the reason.
Does not belong here: what a source's fields mean (its file in `lake/`), or which rows make sense (the marts).
"""

import csv
import datetime as dt
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from .errors import LakeError

BLOCK_BYTES = 4 << 20
LINE_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
ORIGIN = pa.schema([("batch_date", pa.date32()), ("source_file", pa.string()), ("source_line", pa.int64())])


class Version:
    """The version of a raw file: the hash of its bytes, which are added as they are read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, block: bytes) -> None:
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
            line += count_lines(block)

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
                yield from _whole_lines(gzip.GzipFile(fileobj=cast(BinaryIO, file)) if path.suffix == ".gz" else file, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
            raise LakeError(f"{path}: cut off or damaged ({broken}). Nothing of it was taken; ask for the file again.") from broken


def _whole_lines(file: "gzip.GzipFile | _Noted", path: Path) -> Iterator[bytes]:
    rest = b""
    while block := file.read(BLOCK_BYTES):
        whole, newline, tail = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = tail
        else:
            rest += tail
            if len(rest) > LINE_BYTES:
                raise LakeError(f"{path}: a line of more than {LINE_BYTES} bytes. It is no file of lines.")
    if rest:
        yield rest


def _lines(block: bytes) -> list[bytes]:
    lines = block.removesuffix(b"\n").split(b"\n") if block else []
    return [line.removesuffix(b"\r") for line in lines] if b"\r" in block else lines


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


class Csv:
    """Comma-separated lines under a header, quoted with `"`; no newline inside a field. Source: RFC 4180."""

    header_lines = 1

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return how the header differs from the expected columns, or None."""
        found = line.decode("utf-8-sig", "backslashreplace").rstrip("\r").split(",")
        if tuple(found) == columns:
            return None
        missing, extra = [c for c in columns if c not in found], [c for c in found if c not in columns]
        told = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra)
        return f"the header changed: {'; '.join(told) or 'the columns are in another order: ' + ', '.join(found)}"

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Read the lines on which all readers of CSV agree at once, and the odd ones one by one; both ways give the same rows."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").removesuffix(b"\r")
        starts = _line_starts(block)
        odd = _odd_lines(block, starts, len(columns))
        edges = [0, *(int(edge) for n in odd for edge in (starts[n], starts[n + 1])), len(block)]
        even = block if not odd else b"".join([block[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)])
        lines = np.delete(np.arange(len(starts) - 1), odd)
        some, uneven = self._at_once(even, lines, first_line, columns)
        others = sorted([*odd, *uneven])
        return _in_order(some, self._one_by_one([(first_line + n, _line(block, starts, n)) for n in others], columns))

    def _at_once(self, block: bytes, lines: NDArray[np.int64], first_line: int, columns: tuple[str, ...]) -> tuple[Rows, list[int]]:
        """Return the rows of a block, and which of its `lines` have another number of fields."""
        uneven: list[int] = []
        if not block:
            return Rows([pa.array([], pa.string()) for _ in columns], pa.array([], pa.int64()), []), uneven

        def skip(row: pacsv.InvalidRow) -> str:
            uneven.append(row.number - 1)
            return "skip"

        read = pacsv.ReadOptions(column_names=columns, block_size=len(block) + 1, use_threads=False)
        text = pacsv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
        table = pacsv.read_csv(pa.BufferReader(block), read, pacsv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=skip), text)
        fields = [column.chunk(0) if column.num_chunks else pa.array([], pa.string()) for column in table.columns]
        return Rows(fields, pa.array(np.delete(lines, uneven) + first_line, pa.int64()), []), lines[uneven].tolist()

    def _one_by_one(self, numbered: Sequence[tuple[int, bytes]], columns: tuple[str, ...]) -> Rows:
        rows: list[list[str]] = []
        lines: list[int] = []
        unreadable: list[Unreadable] = []
        for number, raw in numbered:
            try:
                row = next(csv.reader([raw.decode("utf-8")], strict=True), [])
            except UnicodeDecodeError:
                unreadable.append(Unreadable.of(number, "the line is not UTF-8", raw))
            except csv.Error as error:
                unreadable.append(Unreadable.of(number, f"the line is not CSV: {error}", raw))
            else:
                if len(row) == len(columns):
                    rows.append(row)
                    lines.append(number)
                else:
                    unreadable.append(Unreadable.of(number, f"{len(row)} fields instead of {len(columns)}", raw))
        fields = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)] or [pa.array([], pa.string()) for _ in columns]
        return Rows(fields, pa.array(lines, pa.int64()), unreadable)


def _line_starts(block: bytes) -> NDArray[np.int64]:
    """Return where each line starts, and, last, where the block ends."""
    starts = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    return np.concatenate([[0], starts] if block.endswith(b"\n") or not block else [[0], starts, [len(block)]])


def _line(block: bytes, starts: NDArray[np.int64], number: int) -> bytes:
    return block[starts[number] : starts[number + 1]].removesuffix(b"\n")


def _odd_lines(block: bytes, starts: NDArray[np.int64], columns: int) -> list[int]:
    """Return the places of the lines that readers of CSV may understand differently, whatever their number of fields.

    All agree on UTF-8 text in which a field is either free of quotes, or is in quotes and has none inside.
    """
    if not block:
        return []
    text = np.frombuffer(block, np.uint8)
    strange = text == ord('"')
    if b"\r" in block:
        strange |= text == ord("\r")
    begins = text[starts[:-1]]
    suspect = (np.diff(np.searchsorted(np.flatnonzero(strange), starts)) > 0) | (begins == ord("\n")) | (begins == _BOM[0])
    places, lengths = np.flatnonzero(suspect), np.diff(starts)
    disagreed = _disagreed(text[np.repeat(suspect, lengths)].tobytes(), np.cumsum(lengths[places]), columns)
    return sorted({*(int(places[n]) for n in disagreed), *_not_utf8(block, starts)})


def _not_utf8(block: bytes, starts: NDArray[np.int64]) -> Iterator[int]:
    """Yield the places of the lines that are not UTF-8."""
    if not _is_utf8(block):
        beyond_ascii = np.flatnonzero(np.frombuffer(block, np.uint8) > 127)
        places = np.unique(np.searchsorted(starts, beyond_ascii, side="right") - 1).tolist()
        yield from (n for n in places if not _is_utf8(_line(block, starts, n)))


def _disagreed(lines: bytes, ends: NDArray[np.int64], columns: int) -> Iterator[int]:
    """Yield the numbers of those lines, which end at `ends`, on which readers of CSV disagree."""
    agreed, at = _agreed(columns), 0
    lines += b"" if lines.endswith(b"\n") or not lines else b"\n"
    while (at := cast("re.Match[bytes]", agreed.match(lines, at)).end()) < len(lines):
        number = int(np.searchsorted(ends, at, side="right"))
        yield number
        at = int(ends[number]) if number < len(ends) - 1 else len(lines)


@cache
def _agreed(columns: int) -> re.Pattern[bytes]:
    """Return the pattern of lines on which all readers agree, as many as there are in a row."""
    field = rb'(?:"[^"\r\n]*"|[^",\r\n]*)'
    return re.compile(rb"(?:(?!\n|" + _BOM + rb")" + field + (b"," + field) * (columns - 1) + rb"\n)*+")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _in_order(some: Rows, others: Rows) -> Rows:
    """Return the rows of both, by line."""
    if not len(others.lines):
        return Rows(some.fields, some.lines, others.unreadable)
    lines = pa.concat_arrays([some.lines, others.lines])
    order = pa.array(np.argsort(lines.to_numpy()))
    fields = [pa.concat_arrays(both).take(order) for both in zip(some.fields, others.fields, strict=True)]
    return Rows(fields, lines.take(order), others.unreadable)


class JsonLines:
    """One JSON object a line, with exactly the expected members; numbers become text as JSON writes them. Source: jsonlines.org."""

    header_lines = 0

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return None: there is no header."""
        return None

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Read a block line by line."""
        values: list[list[str | None]] = [[] for _ in columns]
        lines: list[int] = []
        unreadable: list[Unreadable] = []
        for number, raw in enumerate(_lines(block), first_line):
            row = self._row(raw, columns)
            if isinstance(row, str):
                unreadable.append(Unreadable.of(number, row, raw))
                continue
            lines.append(number)
            for column, name in zip(values, columns, strict=True):
                value = row[name]
                column.append(value if value is None or isinstance(value, str) else orjson.dumps(value).decode())
        return Rows([pa.array(column, pa.string()) for column in values], pa.array(lines, pa.int64()), unreadable)

    def _row(self, raw: bytes, columns: tuple[str, ...]) -> dict[str, object] | str:
        """Return the line's object, or why it is none."""
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return "the line is not JSON"
        if not isinstance(row, dict):
            return f"the line is JSON, but a {type(row).__name__}, not an object"
        if row.keys() != set(columns):
            missing, extra = sorted(set(columns) - row.keys()), sorted(row.keys() - set(columns))
            return "; ".join([f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra))
        return row
