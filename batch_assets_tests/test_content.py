"""The content hash: of the rows and nothing else, against a slow reference of the canonical text as it is documented."""

import hashlib
import struct
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.content import batch_hash, row_words

TYPES = {"number": "int64", "part": "float64", "text": "string", "yes": "boolean"}
ROW = {"number": 1, "part": 0.5, "text": "a", "yes": True}

con = ibis.duckdb.connect()


def hashed(*rows: dict[str, Any], types: dict[str, str] = TYPES) -> str:
    """Return the hash of rows, as publishing makes it."""
    schema = ibis.schema(types)
    con.create_table(
        "rows", ibis.memtable(pa.Table.from_pylist(list(rows), schema=schema.to_pyarrow())) if rows else None, schema=schema, temp=True, overwrite=True
    )
    sums = con.con.execute(f"select {', '.join(f'sum({word})' for word in row_words(schema))} from rows").fetchall()[0]
    return batch_hash(schema, len(rows), sums)


def texts(*pairs: tuple[str | None, str | None]) -> str:
    """Return the hash of rows of two texts."""
    return hashed(*({"a": a, "b": b} for a, b in pairs), types={"a": "string", "b": "string"})


def reference(rows: list[dict[str, Any]]) -> str:
    """Return the hash by the module's docstring, in Python alone."""

    def canonical(value: Any) -> str:
        match value:
            case None:
                return "~"
            case bool():
                return str(value).lower()
            case float():
                return f"{struct.unpack('>Q', struct.pack('>d', value + 0.0))[0]:064b}"
            case str():
                return f"{len(value)}:{value}"
            case _:
                return str(value)

    sums = [0] * 4
    for row in rows:
        digest = hashlib.md5("|".join(canonical(row[name]) for name in sorted(row)).encode(), usedforsecurity=False).digest()
        number = int.from_bytes(digest, "little")
        sums = [total + (number >> 32 * word & 0xFFFFFFFF) for word, total in enumerate(sums)]
    columns = ",".join(f"{name}:{ibis.dtype(TYPES[name])}" for name in sorted(TYPES))
    return hashlib.sha256("\n".join([columns, str(len(rows)), *map(str, sums)]).encode()).hexdigest()[:32]
