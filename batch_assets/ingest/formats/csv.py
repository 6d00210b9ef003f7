"""Separated fields in the dialects of CSV, read fast: most lines are parsed in bulk, and only those that CSV parsers may disagree on one by one."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from ...errors import DefinitionError, in_short
from .encoded import as_utf8, extends_ascii
from .format import Refused
from .lines import BOM, LineFormat, Rows

_LINES_AT_A_LOOK = 100
"""Lines that are looked at together, and one by one only if one of them is bad."""


@dataclass(frozen=True)
class Csv(LineFormat):
    """Lines of separated fields with a header; no newlines inside fields. The defaults are those of RFC 4180.

    Attributes:
        separator: the ASCII character between fields.
        quote: the ASCII character around fields that have the separator in them; a doubled one is a character. None: no field is quoted.
        encoding: of the text, any that extends ASCII, under its name in Python.
    """

    separator: str = ","
    quote: str | None = '"'
    encoding: str = "utf-8"

    header_lines = 1

    def __post_init__(self) -> None:
        """Reject a dialect that could not be told apart from its own text."""
        signs = [sign for sign in (self.separator, self.quote) if sign is not None]
        if len(set(signs)) < len(signs) or not all(len(sign) == 1 and sign.isascii() and sign not in "\r\n" for sign in signs):
            raise DefinitionError(f"Csv: separator {self.separator!r} and quote {self.quote!r} must be two different ASCII characters.")
        if not extends_ascii(self.encoding):
            raise DefinitionError(f"Csv: {self.encoding!r} is no encoding in which ASCII text has its own bytes, so lines cannot be found in it.")

    @property
    def _dialect(self) -> dict[str, Any]:
        """The arguments of Python's reader."""
        return {"delimiter": self.separator, "strict": True} | ({"quotechar": self.quote} if self.quote else {"quoting": csv.QUOTE_NONE, "quotechar": None})

    def check_header(self, line: bytes, columns: tuple[str, ...]) -> str | None:
        """Return how the header differs from the expected columns, or None."""
        found = self._names(line.decode(self.encoding, "backslashreplace").rstrip("\r"))
        if tuple(found) == columns:
            return None
        missing, extra = [c for c in columns if c not in found], [c for c in found if c not in columns]
        if missing == list(columns):
            return f"the header changed: missing {', '.join(missing)}"  # It may be a line of data, so it is not quoted.
        told = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra)
        return f"the header changed: {in_short('; '.join(told) or 'the columns are in another order: ' + ', '.join(found))}"

    def without(self, line: bytes, columns: tuple[str, ...], fields: Collection[str]) -> bytes:
        """Return a line with some fields empty."""
        (row,) = csv.reader([line.decode(self.encoding)], **self._dialect)
        text = io.StringIO()
        left = ["" if name in fields else value for name, value in zip(columns, row, strict=True)]
        csv.writer(text, lineterminator="", **self._dialect).writerow(left)
        return text.getvalue().encode(self.encoding)

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Parse the lines that all CSV parsers agree on in bulk, and the others one by one; both ways give the same rows."""
        if self.encoding != "utf-8":
            text, undecodable = as_utf8(block, self.encoding, first_line)
            if undecodable:
                # A line that is not text at all is blank in the text, so that the other lines keep their numbers.
                return _but_for(undecodable, self._parse(text, first_line, columns))
            block = text
        return self._parse(block, first_line, columns)

    def _parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n")
            # A last line that is nothing but the half of its end is a line.
            block = block if block == b"\r" or block.endswith(b"\n\r") else block.removesuffix(b"\r")
        starts = _line_starts(block)
        odd = _odd_lines(block, starts, _agreed(len(columns), self.separator, self.quote), self.quote)
        edges = [0, *(int(edge) for n in odd for edge in (starts[n], starts[n + 1])), len(block)]
        even = block if not odd else b"".join([block[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True)])
        lines = np.delete(np.arange(len(starts) - 1), odd)
        some, uneven = self._at_once(even, lines, first_line, columns)
        others = sorted([*odd, *uneven])
        return _in_order(some, self._one_by_one([(first_line + n, _line(block, starts, n)) for n in others], columns))

    def _at_once(self, block: bytes, lines: NDArray[np.int64], first_line: int, columns: tuple[str, ...]) -> tuple[Rows, list[int]]:
        """Return the rows of a block, and those of its `lines` that have the wrong number of fields."""
        uneven: list[int] = []
        if not block:
            return Rows([pa.array([], pa.string()) for _ in columns], pa.array([], pa.int64()), []), uneven

        def skip(row: pacsv.InvalidRow) -> str:
            uneven.append(row.number - 1)
            return "skip"

        read = pacsv.ReadOptions(column_names=columns, block_size=len(block) + 1, use_threads=False)
        parse = pacsv.ParseOptions(delimiter=self.separator, quote_char=self.quote or False, ignore_empty_lines=False, invalid_row_handler=skip)
        text = pacsv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False)
        table = pacsv.read_csv(pa.BufferReader(block), read, parse, text)
        fields = [column.chunk(0) if column.num_chunks else pa.array([], pa.string()) for column in table.columns]
        return Rows(fields, pa.array(np.delete(lines, uneven) + first_line, pa.int64()), []), lines[uneven].tolist()

    def _one_by_one(self, numbered: Sequence[tuple[int, bytes]], columns: tuple[str, ...]) -> Rows:
        rows: list[list[str]] = []
        lines: list[int] = []
        refused: list[Refused] = []
        for number, raw in numbered:
            try:
                row = next(csv.reader([raw.decode("utf-8")], **self._dialect), [])
            except UnicodeDecodeError:
                refused.append(Refused.of(number, "the line is not UTF-8", raw))
            except csv.Error as error:
                refused.append(Refused.of(number, f"the line is not CSV: {error}", raw))
            else:
                if len(row) == len(columns):
                    rows.append(row)
                    lines.append(number)
                else:
                    refused.append(Refused.of(number, f"{len(row)} fields instead of {len(columns)}", raw))
        fields = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)] or [pa.array([], pa.string()) for _ in columns]
        return Rows(fields, pa.array(lines, pa.int64()), refused)

    def _names(self, header: str) -> list[str]:
        """Return the fields of a header; if it is not valid CSV, split it at the separators."""
        try:
            return next(csv.reader([header], **self._dialect), [])
        except csv.Error:
            return header.split(self.separator)


def _but_for(undecodable: Sequence[Refused], rows: Rows) -> Rows:
    """Return the rows with the lines that are refused for their encoding, and not for being blank, which no row is."""
    numbers = {line.line for line in undecodable}
    refused = [*undecodable, *(line for line in rows.refused if line.line not in numbers)]
    return Rows(rows.fields, rows.lines, sorted(refused, key=lambda line: line.line))


def _line_starts(block: bytes) -> NDArray[np.int64]:
    """Return the offset at which each line starts, and finally that of the end of the block."""
    starts = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    return np.concatenate([[0], starts] if block.endswith(b"\n") or not block else [[0], starts, [len(block)]])


def _line(block: bytes, starts: NDArray[np.int64], number: int) -> bytes:
    return block[starts[number] : starts[number + 1]].removesuffix(b"\n")


def _odd_lines(block: bytes, starts: NDArray[np.int64], agreed: re.Pattern[bytes], quote: str | None) -> list[int]:
    """Return the positions of the lines that CSV parsers may read differently, whatever their number of fields.

    All parsers agree on UTF-8 text in which each field either has no quotes, or is quoted and has none inside.
    """
    if not block:
        return []
    text = np.frombuffer(block, np.uint8)
    strange = text == (ord(quote) if quote else ord("\r"))
    if quote and b"\r" in block:
        strange |= text == ord("\r")
    begins = text[starts[:-1]]
    suspect = (np.diff(np.searchsorted(np.flatnonzero(strange), starts)) > 0) | (begins == ord("\n")) | (begins == BOM[0])
    places, turns = np.flatnonzero(suspect), starts[np.flatnonzero(np.diff(suspect, prepend=False, append=False))].tolist()
    suspects = b"".join([block[begin:end] for begin, end in zip(turns[::2], turns[1::2], strict=True)])
    disagreed = _disagreed(suspects, np.cumsum(np.diff(starts)[places]), agreed)
    return sorted({*(int(places[n]) for n in disagreed), *_not_utf8(block, starts)})


def _not_utf8(block: bytes, starts: NDArray[np.int64]) -> Iterator[int]:
    """Yield the positions of the lines that are not UTF-8."""
    if _is_utf8(block):
        return
    lines = len(starts) - 1
    for first in range(0, lines, _LINES_AT_A_LOOK):
        last = min(first + _LINES_AT_A_LOOK, lines)
        if not _is_utf8(block[starts[first] : starts[last]]):
            yield from (n for n in range(first, last) if not _is_utf8(_line(block, starts, n)))


def _disagreed(lines: bytes, ends: NDArray[np.int64], agreed: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the positions of the lines, which end at `ends`, that CSV parsers may disagree on."""
    at = 0
    lines += b"" if lines.endswith(b"\n") or not lines else b"\n"
    while (at := cast("re.Match[bytes]", agreed.match(lines, at)).end()) < len(lines):
        number = int(np.searchsorted(ends, at, side="right"))
        yield number
        at = int(ends[number]) if number < len(ends) - 1 else len(lines)


@cache
def _agreed(columns: int, separator: str, quote: str | None) -> re.Pattern[bytes]:
    """Return the pattern of as many consecutive lines as possible that all parsers agree on."""
    between, around = re.escape(separator).encode(), re.escape(quote or "").encode()
    plain = b"[^" + around + between + rb"\r\n]*"
    field = b"(?:" + around + b"[^" + around + rb"\r\n]*" + around + b"|" + plain + b")" if quote else plain
    return re.compile(rb"(?:(?!\n|" + BOM + rb")" + field + (between + field) * (columns - 1) + rb"\n)*+")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _in_order(some: Rows, others: Rows) -> Rows:
    """Merge the rows of both, ordered by line."""
    if not len(others.lines):
        return Rows(some.fields, some.lines, others.refused)
    lines = pa.concat_arrays([some.lines, others.lines])
    order = pa.array(np.argsort(lines.to_numpy()))
    fields = [pa.concat_arrays(both).take(order) for both in zip(some.fields, others.fields, strict=True)]
    return Rows(fields, lines.take(order), others.refused)
