"""The content hash of a batch depends on its columns, its number of rows and the sums of their hash words, and on nothing else."""

import ibis

from batch_assets.content import WORDS, batch_hash, combined, type_name

SCHEMA = ibis.schema({"a": "int64", "b": "string"})
SUMS = [1, 2, 3, 4]


def test_the_hash_is_of_columns_rows_and_sums() -> None:
    others = [
        batch_hash(ibis.schema({"a": "int64", "c": "string"}), 1, SUMS),
        batch_hash(ibis.schema({"a": "int32", "b": "string"}), 1, SUMS),
        batch_hash(SCHEMA, 2, SUMS),
        *(batch_hash(SCHEMA, 1, [total + (n == word) for n, total in enumerate(SUMS)]) for word in range(WORDS)),
        batch_hash(SCHEMA, 1, SUMS[::-1]),
    ]
    assert len({batch_hash(SCHEMA, 1, SUMS), *others}) == len(others) + 1


def test_the_order_of_columns_does_not_count() -> None:
    assert batch_hash(ibis.schema({"b": "string", "a": "int64"}), 1, SUMS) == batch_hash(SCHEMA, 1, SUMS)


def test_a_type_has_our_own_name_whether_it_may_be_null_or_not() -> None:
    ours = {
        "int8": "int8",
        "uint64": "uint64",
        "float32": "float32",
        "boolean": "bool",
        "decimal(18, 2)": "decimal(18,2)",
        "string": "text",
        "date": "date",
        "timestamp(6)": "timestamp",
        "timestamp('UTC', 6)": "instant",
        "array<struct<b: int64, a: string>>": "array(struct(a:text,b:int64))",
    }
    assert {kind: type_name(ibis.dtype(kind)) for kind in ours} == ours
    assert {kind: type_name(ibis.dtype(f"!{kind}")) for kind in ours} == ours
    assert batch_hash(SCHEMA, 1, SUMS) == batch_hash(ibis.schema({"a": "!int64", "b": "!string"}), 1, SUMS) == "312c910a56c4d8d83af65588516e01f9"


def test_sums_over_no_rows_are_zero() -> None:
    assert batch_hash(SCHEMA, 0, [None] * WORDS) == batch_hash(SCHEMA, 0, [0] * WORDS)


def test_texts_are_combined_in_their_order() -> None:
    assert combined(["a", "b"]) != combined(["b", "a"])
    assert combined(["a", "b"]) != combined(["ab"])
    assert combined(["a", "b"]) == "7e18f737311b2dc3b2f269dd78396b03"
