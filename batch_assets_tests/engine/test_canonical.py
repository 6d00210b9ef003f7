"""Canonical text in SQL: against a slow reference in Python of what `content.py` defines, for scalars, arrays and structs."""

import datetime as dt
import hashlib
import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.content import WORDS, batch_hash
from batch_assets.engine.canonical import WORDS_OF_HALVES, contents
from batch_assets.engine.canonical import hashed as halves
from batch_assets.errors import DefinitionError

TYPES = {"number": "int64", "part": "float64", "text": "string", "yes": "boolean"}
ROW = {"number": 1, "part": 0.5, "text": "a", "yes": True}

OUR_NAMES = {
    "int64": "int64",
    "float64": "float64",
    "string": "text",
    "boolean": "bool",
    "array<string>": "array(text)",
    "array<array<float64>>": "array(array(float64))",
    "struct<b: string, a: int64, at: timestamp(6), day: date, price: decimal(9, 2)>": "struct(a:int64,at:timestamp,b:text,day:date,price:decimal(9,2))",
    "array<struct<what: string, parts: array<string>, of: struct<yes: boolean, share: float64>>>": (
        "array(struct(of:struct(share:float64,yes:bool),parts:array(text),what:text))"
    ),
}

con = ibis.duckdb.connect()


def hashed(*rows: dict[str, Any], types: dict[str, str] = TYPES) -> str:
    """Return the hash of rows, as publishing makes it."""
    schema = ibis.schema(types)
    con.create_table(
        "rows", ibis.memtable(pa.Table.from_pylist(list(rows), schema=schema.to_pyarrow())) if rows else None, schema=schema, temp=True, overwrite=True
    )
    sums = con.con.execute(f"select {', '.join(f'sum({word})' for word in WORDS_OF_HALVES)} from ({halves('rows', schema)})").fetchall()[0]
    return batch_hash(schema, len(rows), sums)


def texts(*pairs: tuple[str | None, str | None]) -> str:
    """Return the hash of rows of two texts."""
    return hashed(*({"a": a, "b": b} for a, b in pairs), types={"a": "string", "b": "string"})


def reference(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str] = TYPES) -> str:
    """Return the hash by the docstring of `content.py`, in Python alone."""
    sums = [0] * WORDS
    for row in rows:
        digest = hashlib.md5("|".join(canonical(row[name]) for name in sorted(row)).encode(), usedforsecurity=False).digest()
        number = int.from_bytes(digest, "little")
        sums = [total + (number >> 32 * word & 0xFFFFFFFF) for word, total in enumerate(sums)]
    columns = ",".join(f"{name}:{OUR_NAMES[types[name]]}" for name in sorted(types))
    return hashlib.sha256("\n".join([columns, str(len(rows)), *map(str, sums)]).encode()).hexdigest()[:32]


def canonical(value: Any) -> str:
    """Return the canonical text of a value."""
    match value:
        case None:
            return "~"
        case bool():
            return str(value).lower()
        case float():
            return f"{struct.unpack('>Q', struct.pack('>d', value + 0.0))[0]:064b}"
        case str():
            return f"{len(value)}:{value}"
        case dt.datetime():
            return str((value - dt.datetime.fromisoformat("1970-01-01")) // dt.timedelta(microseconds=1))
        case list():
            return f"{len(value)}[{'|'.join(map(canonical, value))}]"
        case dict():
            return "{" + "|".join(canonical(value[name]) for name in sorted(value)) + "}"
        case _:
            return str(value)


def or_null(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw a value, or null."""
    return st.none() | values


whole_numbers = or_null(st.integers(-(2**63), 2**63 - 1))
floats = or_null(st.floats(allow_nan=False))
texts_that_look_like_separators = or_null(st.text("~|[]{}:1a", max_size=4))
any_texts = or_null(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)) | texts_that_look_like_separators

some_rows = st.lists(
    st.fixed_dictionaries({"number": whole_numbers, "part": floats, "text": any_texts, "yes": or_null(st.booleans())}),
    min_size=1,
    max_size=4,
)

NESTED = {
    "words": "array<string>",
    "grid": "array<array<float64>>",
    "pair": "struct<b: string, a: int64, at: timestamp(6), day: date, price: decimal(9, 2)>",
    "reasons": "array<struct<what: string, parts: array<string>, of: struct<yes: boolean, share: float64>>>",
}
times = or_null(st.datetimes(dt.datetime.fromisoformat("1900-01-01"), dt.datetime.fromisoformat("2100-01-01")))
prices = or_null(st.integers(-99999, 99999).map(lambda cents: Decimal(cents).scaleb(-2)))
pairs = st.fixed_dictionaries({"b": any_texts, "a": whole_numbers, "at": times, "day": or_null(st.dates(dt.date(1900, 1, 1))), "price": prices})
reasons = st.fixed_dictionaries(
    {
        "what": any_texts,
        "parts": or_null(st.lists(any_texts, max_size=2)),
        "of": or_null(st.fixed_dictionaries({"yes": or_null(st.booleans()), "share": floats})),
    }
)
nested_rows = st.lists(
    st.fixed_dictionaries(
        {
            "words": or_null(st.lists(any_texts, max_size=3)),
            "grid": or_null(st.lists(or_null(st.lists(floats, max_size=2)), max_size=2)),
            "pair": or_null(pairs),
            "reasons": or_null(st.lists(or_null(reasons), max_size=2)),
        }
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(some_rows)
def test_the_hash_is_that_of_the_documented_text(rows: list[dict[str, Any]]) -> None:
    assert hashed(*rows) == reference(rows) == hashed(*reversed(rows))


@settings(max_examples=40, deadline=None)
@given(nested_rows)
def test_the_hash_of_arrays_and_structs_is_that_of_the_documented_text(rows: list[dict[str, Any]]) -> None:
    assert hashed(*rows, types=NESTED) == reference(rows, NESTED) == hashed(*reversed(rows), types=NESTED)


KIND = "array<struct<a: string, b: array<string>>>"
small_texts = st.none() | st.text("~|1:", max_size=2)
small_values = st.lists(st.none() | st.fixed_dictionaries({"a": small_texts, "b": st.none() | st.lists(small_texts, max_size=2)}), max_size=2)


@settings(max_examples=60, deadline=None)
@given(small_values, small_values)
def test_values_have_one_text_if_they_are_equal_and_two_if_they_are_not(one: list[Any], other: list[Any]) -> None:
    is_one = hashed({"x": one}, types={"x": KIND}) == hashed({"x": other}, types={"x": KIND})
    assert is_one == (one == other)


def test_nulls_and_what_is_empty_are_told_apart() -> None:
    arrays = [None, [], [None], [""], ["~"], [None, None], ["1:a"], ["a"], ["a|1:b"], ["a", "b"]]
    assert len({hashed({"x": value}, types={"x": "array<string>"}) for value in arrays}) == len(arrays)
    structs = [None, {"a": None, "b": None}, {"a": "", "b": None}, {"a": None, "b": ""}, {"a": "x|1:y", "b": None}, {"a": "x", "b": "y"}]
    assert len({hashed({"x": value}, types={"x": "struct<a: string, b: string>"}) for value in structs}) == len(structs)


def test_the_order_of_an_arrays_elements_counts_and_that_of_a_structs_members_does_not() -> None:
    assert hashed({"x": [1, 2]}, types={"x": "array<int64>"}) != hashed({"x": [2, 1]}, types={"x": "array<int64>"})
    first, second = (halves("rows", ibis.schema({"x": f"struct<{members}>"})) for members in ("a: int64, b: string", "b: string, a: int64"))
    assert first == second


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


@pytest.mark.parametrize(
    "kind",
    [
        "array<json>",
        "struct<a: int64, b: time>",
        "array<struct<a: array<binary>>>",
        "json",
        "time",
        "binary",
        "interval('s')",
        "map<string, int64>",
        "timestamp(9)",
        "array<timestamp(9)>",
    ],
)
def test_a_type_without_a_canonical_text_is_refused(kind: str) -> None:
    with pytest.raises(DefinitionError, match="column odd: no canonical text"):
        halves("rows", ibis.schema({"odd": kind}))


def test_infinite_times_inside_a_value_are_told_apart() -> None:
    schema = ibis.schema({"x": "struct<at: timestamp(6)>"})
    texts = {
        con.con.execute(halves(f"(select {{'at': {at}}} as x)", schema)).fetchone()
        for at in ("timestamp 'infinity'", "timestamp '-infinity'", "null::timestamp")
    }
    assert len(texts) == 3


def test_rows_are_counted_and_a_column_is_added_up_by_day() -> None:
    shop = ibis.duckdb.connect()
    shop.con.execute(
        "create table sold as select * from (values (date '2017-03-01', 2), ('2017-03-01', 3), ('2017-03-02', null), ('2017-03-03', 7)) t(batch_date, units)"
    )
    found = contents(shop, "sold", "units")
    assert {day.day: (rows, total) for day, (rows, _, total) in found.items()} == {1: (2, 5), 2: (1, None), 3: (1, 7)}
    assert {total for _, _, total in contents(shop, "sold").values()} == {None}
