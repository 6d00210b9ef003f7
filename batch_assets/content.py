"""The content hash of a batch: the same rows give the same hash, regardless of row order, engine or engine version.

Each row is written as canonical text and hashed with MD5. The four 32-bit words of the hashes (little-endian, lowest first) are
summed as exact integers: a sum does not depend on order and, unlike XOR, counts repeated rows. (This is an incremental multiset hash
as in Clarke et al., 2003. It guards against errors, not against an adversary.) The batch's hash covers the sums, the number of rows,
and the columns' names and types.

Canonical text: integers, decimals, booleans and dates as SQL writes them; timestamps as microseconds since 1970 UTC;
a float as the 64 bits of its IEEE 754 double, with negative zero as zero; text as its length in code points, a colon, then the text;
an array as its length, then in `[]` its elements' texts, in order, joined by `|`; a struct as, in `{}`, its members' texts, sorted by
name and joined by `|`. Nulls are `~`. Fields are sorted by name and joined by `|`.

Belongs here: the definition of the hash. Does not belong here: how an engine computes it (`engine/canonical.py`).
"""

import hashlib
from collections.abc import Sequence

import ibis.expr.schema as sch

WORDS = 4


def batch_hash(schema: sch.Schema, rows: int, sums: Sequence[int | None]) -> str:
    """Return the hash of a batch from its number of rows and the sums of its rows' words."""
    columns = ",".join(f"{name}:{schema[name]}" for name in sorted(schema.names))
    return combined([columns, str(rows), *(str(total or 0) for total in sums)])


def combined(parts: Sequence[str]) -> str:
    """Return one hash of several texts, in order: the first 32 hexadecimal digits of SHA-256."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
