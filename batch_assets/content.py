"""The content hash of a batch: the same rows give the same hash, whatever their order, engine or its version.

Each row is written as canonical text, hashed with MD5, and the four 32-bit words of the hashes (little-endian, lowest first) are summed as exact
integers: a sum does not depend on order and, unlike XOR, counts repeated rows. (An incremental multiset hash as in
Clarke et al., 2003; it guards against error, not against an adversary.) The batch's hash covers the sums, the number
of rows, and the columns' names and types.

Canonical text: integers, decimals, booleans and dates as SQL writes them; timestamps as microseconds since 1970 UTC;
a float as the 64 bits of its IEEE 754 double, minus zero as zero; text as its length in code points, a colon and itself;
an array as the number of its elements, and in `[]` their texts, joined by `|`, in their order; a struct as, in `{}`, its members' texts,
joined by `|` in the order of their names. Nulls are `~`; fields are joined by `|` in the order of their names.

Belongs here: what the hash is. Does not belong here: how an engine computes it (`engine/canonical.py`).
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
    """Return one hash of several texts, in their order: 32 hexadecimal digits of SHA-256."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
