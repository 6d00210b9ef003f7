"""Functions that Spark's SQL lacks or has in another sense: they run in Spark's Python workers, on Arrow's functions, which are those of DuckDB.

Arrow matches regular expressions by RE2, as DuckDB does; capital letters and accents are looked up in tables that DuckDB fills.
Belongs here: functions from texts to a value.
Does not belong here: which expression needs them (`ibis_private.py`).
"""

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .patterns import with_named_group

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_FIRST_MARK = 0xE000
"""Private characters, of which one that is in no text marks where a match begins and ends."""


def by_letter(function: str) -> Callable[[pd.Series], pd.Series]:
    """Return what does the same as a function of DuckDB's that takes letter by letter, whatever Unicode the worker's libraries know."""
    letters = dict(duckdb.execute(_LETTERS.format(function=function)).fetchall())

    def of(texts: pd.Series) -> pd.Series:
        return pd.Series([None if text is None else text.translate(letters) for text in texts], dtype=object)

    return of


_LETTERS = """
    select sign, other from (select sign, {function}(chr(sign::int)) as other from range(1, 1114112) signs(sign) where sign not between 55296 and 57343)
    where other <> chr(sign::int)"""
"""Each sign of Unicode, without halves of pairs, of which a function makes another."""


def composed(texts: pd.Series) -> pd.Series:
    """Return texts in the form NFC."""
    return _back(pc.utf8_normalize(_arrow(texts), "NFC"))


def without_accents() -> Callable[[pd.Series], pd.Series]:
    """Return what makes texts whose letters have no accents: an accent may also follow its letter, and what is left is composed."""
    bare = by_letter("strip_accents")

    def of(texts: pd.Series) -> pd.Series:
        return composed(bare(texts))

    return of


def searched(texts: pd.Series, patterns: pd.Series) -> pd.Series:
    """Return whether a pattern matches anywhere in each text."""
    return _by_pattern(texts, patterns, pc.match_substring_regex)


def replaced(texts: pd.Series, patterns: pd.Series, others: pd.Series) -> pd.Series:
    """Return texts with something else for each match."""
    other = _one(others)
    return _by_pattern(texts, patterns, lambda array, pattern: pc.replace_substring_regex(array, pattern, other))


def extracted(texts: pd.Series, patterns: pd.Series, groups: pd.Series) -> pd.Series:
    """Return what a group of the first match has, and the empty text if there is none."""
    group = int(_one(groups))

    def first(array: pa.Array, pattern: str) -> pa.Array:
        found = pc.struct_field(pc.extract_regex(array, with_named_group(pattern, group)), "found")
        return pc.if_else(pc.is_null(array), pa.scalar(None, pa.string()), pc.fill_null(found, ""))

    return _by_pattern(texts, patterns, first)


def all_extracted(texts: pd.Series, patterns: pd.Series) -> pd.Series:
    """Return every match in each text."""

    def every(array: pa.Array, pattern: str) -> pa.Array:
        mark = next(sign for sign in map(chr, count(_FIRST_MARK)) if not pc.any(pc.match_substring(array, sign)).as_py())
        marked = pc.replace_substring_regex(array, f"({pattern})", rf"{mark}\1{mark}")
        return pc.split_pattern(marked, mark)

    pieces = _by_pattern(texts, patterns, every)
    return pieces.map(lambda between: None if between is None else list(between[1::2]))


def letters(texts: pd.Series) -> pd.Series:
    """Return the letters of each text; an empty text has one, which is empty."""
    return pd.Series([None if text is None else list(text) or [""] for text in texts], dtype=object)


def functions() -> dict[str, tuple[Callable[..., Any], str]]:
    """Return the functions and the types that they return, by the names that they have in Spark's SQL."""
    return {
        "batch_assets_lower": (by_letter("lower"), "string"),
        "batch_assets_upper": (by_letter("upper"), "string"),
        "batch_assets_nfc": (composed, "string"),
        "batch_assets_without_accents": (without_accents(), "string"),
        "batch_assets_letters": (letters, "array<string>"),
        "batch_assets_search": (searched, "boolean"),
        "batch_assets_replace": (replaced, "string"),
        "batch_assets_extract": (extracted, "string"),
        "batch_assets_extract_all": (all_extracted, "array<string>"),
    }


def register(spark: "SparkSession") -> None:
    """Make the functions known to a session."""
    from pyspark.sql.functions import pandas_udf

    for name, (function, kind) in functions().items():
        spark.udf.register(name, pandas_udf(function, kind))


def _arrow(texts: pd.Series) -> pa.Array:
    return pa.Array.from_pandas(texts, type=pa.string())


def _back(array: pa.Array) -> pd.Series:
    return pd.Series(array.to_pylist(), dtype=object)


def _by_pattern(texts: pd.Series, patterns: pd.Series, function: Callable[[pa.Array, str], pa.Array]) -> pd.Series:
    return _back(function(_arrow(texts), _one(patterns)))


def _one(same: pd.Series) -> Any:
    """Return the value of an argument that is the same in all rows: a literal."""
    return same.iloc[0] if len(same) else ""
