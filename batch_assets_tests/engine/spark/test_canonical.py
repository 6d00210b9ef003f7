"""The content hash as Spark computes it is DuckDB's, on all types that have a canonical text."""

import datetime as dt
import math
import struct
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.engine.spark.canonical import contents, row_words
from batch_assets.engine.spark.session import session
from batch_assets.errors import DefinitionError

from ..test_canonical import NESTED, TYPES, hashed, nested_rows, prices, some_rows, times

DAY = dt.date(2017, 1, 1)
number = iter(range(1 << 20))


def on_spark(rows: list[dict[str, Any]], types: dict[str, str], folder: Path) -> str:
    """Return the hash of rows of one day, as Spark computes it."""
    schema = ibis.schema({**types, "batch_date": "date"})
    path = folder / f"{next(number)}.parquet"
    pq.write_table(pa.Table.from_pylist([row | {"batch_date": DAY} for row in rows], schema=schema.to_pyarrow()), path)
    ((day, (count, content)),) = contents(session().read.parquet(str(path)), schema).items()
    assert (day, count) == (DAY, len(rows))
    return content


def on_duckdb(rows: list[dict[str, Any]], types: dict[str, str]) -> str:
    """Return the hash as DuckDB computes it."""
    return hashed(*(row | {"batch_date": DAY} for row in rows), types={**types, "batch_date": "date"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files."""
    return tmp_path_factory.mktemp("canonical")


@settings(max_examples=10, deadline=None)
@given(rows=some_rows)
def test_scalars_have_the_same_hash(rows: list[dict[str, Any]], folder: Path) -> None:
    assert on_spark(rows, TYPES, folder) == on_duckdb(rows, TYPES)


@settings(max_examples=2, deadline=None)
@given(drawn=st.lists(nested_rows, min_size=20, max_size=20))
def test_arrays_and_structs_have_the_same_hash(drawn: list[list[dict[str, Any]]], folder: Path) -> None:
    rows = [row for some in drawn for row in some]
    assert on_spark(rows, NESTED, folder) == on_duckdb(rows, NESTED)


OTHERS = {"price": "decimal(9, 2)", "at": "timestamp(6)", "day": "date", "small": "int8", "share": "float32"}
other_rows = st.fixed_dictionaries(
    {
        "price": prices,
        "at": times,
        "day": st.none() | st.dates(),
        "small": st.none() | st.integers(-128, 127),
        "share": st.none() | st.floats(width=32, allow_nan=False),
    }
)


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(other_rows, min_size=1, max_size=4))
def test_other_types_have_the_same_hash(rows: list[dict[str, Any]], folder: Path) -> None:
    assert on_spark(rows, OTHERS, folder) == on_duckdb(rows, OTHERS)


def test_every_kind_of_float_has_the_same_bits(folder: Path) -> None:
    powers = [math.ldexp(1, exponent) for exponent in range(-1074, 1024)]
    edges = [near for power in powers for near in (power, -power, math.nextafter(power, 0), math.nextafter(power, math.inf))]
    values = [None, 0.0, -0.0, math.inf, -math.inf, 1e22, 0.1, *edges]
    rows = [{"x": value, "xs": [value, 1.5]} for value in values]
    types = {"x": "float64", "xs": "array<float64>"}
    assert on_spark(rows, types, folder) == on_duckdb(rows, types)


def test_a_type_without_a_canonical_text_is_refused() -> None:
    with pytest.raises(DefinitionError, match="column odd: no canonical text"):
        contents(session().range(1), ibis.schema({"odd": "map<string, int64>"}))


def test_the_words_of_a_digest_are_its_bytes_in_fours_the_lowest_first() -> None:
    digest = bytes(range(100, 116))
    found = session().sql(f"select {', '.join(row_words())} from (select '{digest.hex()}' as digest)").toArrow().to_pylist()[0]
    assert list(found.values()) == list(struct.unpack("<4I", digest))
