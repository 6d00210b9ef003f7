"""One JSON document a file, with the records in an array. A row's position is its number in the array, from 1.

Records are cut out of the document before they are parsed, so that the memory is bounded, a bad one is refused alone, and it is kept verbatim.
"""

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import orjson

from .format import Block, FormError, Refuse
from .json_objects import STAND_IN, rows_of, without
from .lines import BOM

BLOCK_BYTES = 1 << 20
RECORD_BYTES = 16 << 20
"""Bytes that a record, or what stands before or after all of them, may have."""
RECORDS_AT_ONCE = 1 << 14

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = re.compile(rb"[ \t\r\n]*+(\{(?:[^{}\[\]\"]++|" + _STRING + rb")*+\})[ \t\r\n]*+([,\]])", re.DOTALL)
"""A record without nested ones, and what follows it."""
_TOKEN = re.compile(_STRING + rb"|[{}\[\],:]|(\")", re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*+")


@dataclass(frozen=True)
class JsonDocument:
    """A JSON object, one member of which is the array of records; each record is an object as those of `JsonLines`. Reference: RFC 8259.

    Attributes:
        records: the name of the member; the others, the document's envelope, are no rows.
    """

    records: str

    seeks = False
    nothing = None
    stand_in = STAND_IN

    def emptied(self, content: bytes, columns: tuple[str, ...], fields: Collection[str], rows: Collection[int], refused: Collection[int]) -> bytes:
        """Return a document in which some records have null in some members, and those that are no rows are replaced."""
        head = _Document(io.BytesIO(content)).head(self.records)
        at = content.index(head) + len(head)
        parts, left = list[bytes](), 0
        elements = (element for some in self.elements(io.BytesIO(content)) for element in some)
        for number, element in enumerate(elements, 1):
            # Elements are given verbatim and in order, and nothing but blanks and commas is between them.
            at = content.index(element, at)
            if number in rows or number in refused:
                parts += [content[left:at], without(element, fields) if number in rows else self.stand_in.encode()]
                left = at + len(element)
            at += len(element)
        return b"".join([*parts, content[left:]])

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows of a file, some records at once."""
        first = 1
        for texts in self.elements(stream):
            rows = rows_of(texts, b"\n".join(texts), first, columns, "record")
            for refused in rows.refused:
                refuse(refused)
            if len(rows.lines):
                yield Block(rows.lines, rows.fields)
            first += len(texts)

    def count(self, stream: BinaryIO) -> int:
        """Return the number of elements of the array."""
        return sum(map(len, self.elements(stream)))

    def elements(self, stream: BinaryIO) -> Iterator[list[bytes]]:
        """Yield the elements of the array verbatim, some at once.

        Raises:
            FormError: the document is cut off, or is none with such a member.
        """
        document, texts, number = _Document(stream), list[bytes](), 0
        head = document.head(self.records)
        while element := document.element(number):
            texts.append(element)
            number += 1
            if len(texts) == RECORDS_AT_ONCE:
                yield texts
                texts = []
        yield texts
        envelope = head + b"]" + document.rest()
        try:
            told = orjson.loads(envelope)
        except orjson.JSONDecodeError:
            raise FormError("what stands around the records is not JSON") from None
        if told[self.records] != []:
            raise FormError(f"the document has {self.records} more than once")


class _Document:
    """A document, of which a part is in the memory: `_text`, read up to `_at`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._text, self._at = stream, b"", 0
        self._is_open = True
        self._grow()
        self._text = self._text.removeprefix(BOM)

    def _grow(self) -> bool:
        """Read on, and forget what was read; return whether there was more.

        Raises:
            FormError: one thing is too large.
        """
        more = self._stream.read(BLOCK_BYTES)
        self._text, self._at = self._text[self._at :] + more, 0
        if len(self._text) > RECORD_BYTES + BLOCK_BYTES:
            raise FormError(f"a record of more than {RECORD_BYTES} bytes: this is not a document of records")
        return bool(more)

    def head(self, name: str) -> bytes:
        """Return the document up to the begin of the array of that name, which must be a member of the outermost object."""
        while (end := _array(self._text, name)) is None:
            if not self._grow():
                raise FormError(f"there is no array {name} in the document, or it is cut off before it")
        head, self._at = self._text[:end], end
        return head

    def element(self, before: int) -> bytes | None:
        """Return the next element of the array, or None at its end; `before` is the number of those before it."""
        if not self._is_open:
            return None
        if flat := _FLAT.match(self._text, self._at):
            self._at, self._is_open = flat.end(), flat[2] == b","
            return flat[1]
        while (found := _any(self._text, self._at)) is None:
            if not self._grow():
                raise FormError(f"the document is cut off after record {before}, or a quote or a bracket in the next has no end")
        begin, end = found
        element, self._is_open = self._text[begin:end].rstrip(b" \t\r\n"), self._text[end] == ord(",")
        self._at = end + 1
        if not element and (before or self._is_open):
            raise FormError(f"there is nothing between two commas, or a comma and the array's end, after record {before}")
        return element or None

    def rest(self) -> bytes:
        """Return what stands behind the array."""
        while self._grow():
            pass
        return self._text


def _array(text: bytes, name: str) -> int | None:
    """Return the place behind the bracket that opens an array, a member of the outermost object; None if it is not in the text."""
    depth, before = 0, list[bytes]()
    for token in _TOKEN.finditer(text):
        if token[1]:
            return None
        if depth == 1 and token[0] == b"[" and before[-1:] == [b":"] and _is_name(before[-2:][0], name):
            return token.end()
        depth += (token[0] in (b"{", b"[")) - (token[0] in (b"}", b"]"))
        before = [*before[-1:], token[0]]
    return None


def _is_name(token: bytes, name: str) -> bool:
    try:
        return bool(orjson.loads(token) == name)
    except orjson.JSONDecodeError:
        return False


def _any(text: bytes, at: int) -> tuple[int, int] | None:
    """Return the place of any element that begins at or after `at`, without what follows it: a comma or the array's bracket. None if it has no end."""
    begin, depth = _BLANK.match(text, at).end(), 0  # type: ignore[union-attr]
    for token in _TOKEN.finditer(text, begin):
        if token[1]:
            return None
        if not depth and token[0] in (b",", b"]"):
            return begin, token.start()
        depth += (token[0] in (b"{", b"[")) - (token[0] in (b"}", b"]"))
        if depth < 0:
            return None
    return None
