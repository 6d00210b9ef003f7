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


some_rows = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "part": st.none() | st.floats(allow_nan=False),
            "text": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5) | st.sampled_from(["~", "|", "1:a|"]),
            "yes": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(some_rows)
def test_the_hash_is_that_of_the_documented_text(rows: list[dict[str, Any]]) -> None:
    assert hashed(*rows) == reference(rows) == hashed(*reversed(rows))


def test_repeated_rows_are_counted() -> None:
    assert len({hashed(), hashed(ROW), hashed(ROW, ROW), hashed(ROW, ROW, ROW)}) == 4


def test_a_null_is_no_text() -> None:
    assert len({texts((null, "x")) for null in (None, "~", "", "NULL")}) == 4
    assert texts((None, "x")) != texts(("x", None))


def test_separators_cannot_be_forged() -> None:
    assert texts(("a|b", "c")) != texts(("a", "b|c"))
    assert texts(("a|1:b", "c")) != texts(("a", "1:b|c"))


def test_rows_cannot_trade_their_fields() -> None:
    assert texts(("a", "b"), ("c", "d")) != texts(("a", "d"), ("c", "b"))


def test_a_float_counts_to_its_last_bit_and_minus_zero_is_zero() -> None:
    assert hashed(ROW | {"part": 0.1 + 0.2}) != hashed(ROW | {"part": 0.3})
    assert hashed(ROW | {"part": -0.0}) == hashed(ROW | {"part": 0.0})


def test_the_names_and_types_of_columns_count() -> None:
    assert len({hashed({name: 1}, types={name: kind}) for name, kind in [("a", "int64"), ("b", "int64"), ("a", "int32")]}) == 3


@pytest.mark.parametrize("kind", ["array<int64>", "struct<a: int64>", "json", "time", "binary", "interval('s')"])
def test_a_type_without_a_canonical_text_is_refused(kind: str) -> None:
    with pytest.raises(TypeError, match="column odd: no canonical text"):
        row_words(ibis.schema({"odd": kind}))
