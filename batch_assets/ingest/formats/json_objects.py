"""JSON objects to rows, read fast; those whose numbers or members the fast reader may blur are read again, one by one and exactly.

Belongs here: objects with exactly the expected members, each once and none nested. Does not belong here: where in a file they are (`json_lines.py`,
`json_document.py`).
"""

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

import orjson
import pyarrow as pa

from ...errors import in_short
from .format import Refused
from .lines import Rows

_AT_ONCE = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
_MINUS_ZERO = re.compile(rb":\s*-0\s*[,}]")


def rows_of(texts: Sequence[bytes], whole: bytes, first: int, columns: tuple[str, ...], unit: str) -> Rows:
    """Read texts at once; if some of them may be blurred by that, all of them one by one.

    Args:
        texts: what should be an object each.
        whole: all of them, as one text.
        first: the position of the first.
        columns: the members of an object.
        unit: what a text is called in a reason.
    """
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    refused: list[Refused] = []
    quotes = whole.count(b'"')
    expected = frozenset(columns)
    for number, raw in enumerate(texts, first):
        row = _object(raw, expected, unit)
        if isinstance(row, str):
            refused.append(Refused.of(number, row, raw))
            quotes -= raw.count(b'"')
        else:
            objects.append(row)
            lines.append(number)
    fields = _at_once(objects, columns, quotes)
    if fields is None or _MINUS_ZERO.search(whole):
        return _one_by_one([(line, texts[line - first]) for line in lines], refused, columns, unit)
    return Rows(fields, pa.array(lines, pa.int64()), refused)


STAND_IN = '{"erased on request": true}'
"""An object that stands for one that was no row."""


def without(text: bytes, fields: Collection[str]) -> bytes:
    """Return an object that is a row with null in place of some members; numbers keep their text as written."""
    members: list[tuple[str, Any]] = json.loads(text, parse_int=_Number, parse_float=_Number, object_pairs_hook=list)
    told = [(name, "null" if name in fields else value if isinstance(value, _Number) else json.dumps(value)) for name, value in members]
    return f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in told)}}}".encode()


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _object(raw: bytes, expected: frozenset[str], unit: str) -> dict[str, Any] | str:
    """Return the object that a text is, or why it is none or has other members."""
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return f"the {unit} is not JSON"
    if not isinstance(row, dict):
        return f"the {unit} is JSON, but a {type(row).__name__}, not an object"
    if row.keys() != expected:
        missing, extra = sorted(expected - row.keys()), sorted(row.keys() - expected)
        return in_short("; ".join([f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra)))
    return row


def _at_once(objects: Sequence[dict[str, Any]], columns: tuple[str, ...], quotes: int) -> list[pa.Array] | None:
    """Return the objects' fields if each column is all text, all whole numbers or all true and false, but for nulls, and no member is repeated; else None.

    A repeated member has more quotes in the lines than in the objects that were read of them; so has a text with a quote inside.
    """
    fields: list[pa.Array] = []
    for name in columns:
        values = [row[name] for row in objects]
        kinds = set(map(type, values)) - {type(None)}
        if len(kinds) > 1 or kinds - _AT_ONCE.keys():
            return None
        try:
            array = pa.array(values, _AT_ONCE[kinds.pop()] if kinds else pa.string())
        except OverflowError:
            return None
        quotes -= 2 * (len(array) + (len(array) - array.null_count) * (array.type == pa.string()))
        fields.append(array.cast(pa.string()))
    return None if quotes else fields


def _one_by_one(numbered: Sequence[tuple[int, bytes]], refused: Sequence[Refused], columns: tuple[str, ...], unit: str) -> Rows:
    """Return the rows of texts that have the right members, and what is none, beside what was refused before."""
    rows: list[list[str | None]] = []
    lines: list[int] = []
    bad = list(refused)
    for number, raw in numbered:
        row = _exactly(raw, columns, unit)
        if isinstance(row, str):
            bad.append(Refused.of(number, row, raw))
        else:
            rows.append(row)
            lines.append(number)
    fields = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)] or [pa.array([], pa.string()) for _ in columns]
    return Rows(fields, pa.array(lines, pa.int64()), sorted(bad, key=lambda line: line.line))


def _exactly(raw: bytes, columns: tuple[str, ...], unit: str) -> list[str | None] | str:
    """Return the fields of a text that has the right members as they are written, or why it is no row."""
    try:
        members = json.loads(raw, parse_int=str, parse_float=str, object_pairs_hook=_Members)
    except RecursionError:
        return f"the {unit} is nested too deeply"
    names = [name for name, _ in members]
    if repeated := [f"{name} is there {names.count(name)} times" for name in columns if names.count(name) > 1]:
        return in_short("; ".join(repeated))
    found = dict(members)
    if nested := [f"{name} is {'an object' if isinstance(value, _Members) else 'an array'}" for name, value in found.items() if isinstance(value, list)]:
        return in_short(f"{'; '.join(nested)}, not a single value")
    return [str(value).lower() if isinstance(value, bool) else value for value in (found[name] for name in columns)]


class _Members(list):
    """The members of an object, each as often as it is there."""
