"""The content hash of a batch: the same rows give the same hash, regardless of row order, engine or engine version.

Each row is written as canonical text and hashed with MD5. The four 32-bit words of the hashes (little-endian, lowest first) are
summed as exact integers: a sum does not depend on order and, unlike XOR, counts repeated rows. (This is an incremental multiset hash
as in Clarke et al., 2003. It guards against errors, not against an adversary.) The batch's hash covers the sums, the number of rows,
and the columns' names and types; types have names of our own, which no library's next version can change.

Canonical text: integers, decimals, booleans and dates as SQL writes them; timestamps as microseconds since 1970 UTC (finer ones are
refused); a float as the 64 bits of its IEEE 754 double, with negative zero as zero; text as its length in code points, a colon, then
the text; an array as its length, then in `[]` its elements' texts, in order, joined by `|`; a struct as, in `{}`, its members' texts,
sorted by name and joined by `|`. Nulls are `~`. Fields are sorted by name and joined by `|`.

Belongs here: the definition of the hash. Does not belong here: how an engine computes it (`engine/canonical.py`).
"""

import hashlib
from collections.abc import Sequence

import ibis.expr.datatypes as dt
import ibis.expr.schema as sch

from .errors import DefinitionError

WORDS = 4
MICROSECONDS = 6
"""Digits of a second's fraction that a timestamp may have."""


def batch_hash(schema: sch.Schema, rows: int, sums: Sequence[int | None]) -> str:
    """Return the hash of a batch from its number of rows and the sums of its rows' words."""
    columns = ",".join(f"{name}:{type_name(schema[name])}" for name in sorted(schema.names))
    return combined([columns, str(rows), *(str(total or 0) for total in sums)])


def type_name(kind: dt.DataType) -> str:
    """Return our own name of a type, which is the same whether it may be null or not.

    Raises:
        TypeError: the type has no canonical text.
    """
    match kind:
        case dt.Boolean():
            return "bool"
        case dt.Integer():
            return f"{'int' if isinstance(kind, dt.SignedInteger) else 'uint'}{kind.nbytes * 8}"
        case dt.Floating():
            return f"float{kind.nbytes * 8}"
        case dt.Decimal():
            return f"decimal({kind.precision},{kind.scale})"
        case dt.String():
            return "text"
        case dt.Date():
            return "date"
        case dt.Timestamp() if (kind.scale or 0) <= MICROSECONDS:
            return "instant" if kind.timezone else "timestamp"
        case dt.Array():
            return f"array({type_name(kind.value_type)})"
        case dt.Struct():
            return f"struct({','.join(f'{name}:{type_name(kind.fields[name])}' for name in sorted(kind.names))})"
        case _:
            raise TypeError(kind)


def check_canonical(name: str, kind: dt.DataType) -> None:
    """Check that a column's values have a canonical text.

    Raises:
        DefinitionError: they have none.
    """
    try:
        type_name(kind)
    except TypeError:
        told = "publish it as text, numbers, times to the microsecond, or arrays and structs of them"
        raise DefinitionError(f"column {name}: no canonical text is defined for {kind}; {told}") from None


def combined(parts: Sequence[str]) -> str:
    """Return one hash of several texts, in order: the first 32 hexadecimal digits of SHA-256."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
