"""The functions that run in Spark's Python workers do what DuckDB's functions do, on every sign of Unicode and on texts of all kinds."""

import random
import unicodedata
from collections.abc import Callable

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.engine.spark import functions

from .probes import TEXTS

SIGNS = [chr(number) for number in range(1, 0x110000) if not 0xD800 <= number <= 0xDFFF]
MARKS = [sign for sign in SIGNS if unicodedata.combining(sign)]


def sequences() -> list[str]:
    """Return letters with several marks each, of those that every library knows: one that is new in Unicode has no order yet in an older library."""
    chance, letters = random.Random(0), [sign for sign in SIGNS[:0x2000] if unicodedata.category(sign) != "Cn"]
    return ["".join([chance.choice(letters), *chance.choices(MARKS, k=3)]) for _ in range(10_000)]


def on_duckdb(sql: str, texts: list[str]) -> list[object]:
    """Return what DuckDB makes of texts."""
    con = duckdb.connect()
    con.register("texts", pa.table({"x": pa.array(texts, pa.string())}))
    return con.execute(f"select {sql} from texts").to_arrow_table().column(0).to_pylist()


@pytest.mark.parametrize("name", ["lower", "upper", "nfc_normalize", "strip_accents"])
def test_every_sign_becomes_what_duckdb_makes_of_it(name: str) -> None:
    made: dict[str, Callable[[pd.Series], pd.Series]] = {
        "lower": functions.by_letter("lower"),
        "upper": functions.by_letter("upper"),
        "nfc_normalize": functions.composed,
        "strip_accents": functions.without_accents(),
    }
    texts = [*SIGNS, *sequences()]
    assert list(made[name](pd.Series(texts, dtype=object))) == on_duckdb(f"{name}(x)", texts)


PATTERNS = [
    r"\bfo+\b",
    r"(?i)straße|É",
    r"[^\pL']+",
    r"\P{Latin}+",
    r"\s{2,}",
    r"(\S+)$",
    r",(.*)$",
    r"^(.*) \S+$",
    r"(a)(b)?",
    r"[\x00-\x1f\x{2028}]",
    r"\(x[)(](y)",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=10, deadline=None)
@given(drawn=st.lists(st.text(st.sampled_from("aboO fx,()y'\nß\u2028É\u0430 ")), max_size=20))
def test_patterns_match_as_they_do_in_duckdb(pattern: str, drawn: list[str]) -> None:
    texts = [*TEXTS, *drawn]
    series, same = pd.Series(texts, dtype=object), pd.Series([pattern] * len(texts))
    written = pattern.replace("'", "''")
    assert list(functions.searched(series, same)) == on_duckdb(f"regexp_matches(x, '{written}')", texts)
    blank = pd.Series(["-"] * len(texts))
    assert list(functions.replaced(series, same, blank)) == on_duckdb(f"regexp_replace(x, '{written}', '-', 'g')", texts)
    for group in (0, 1)[: 1 + bool("(" in pattern.replace("(?", "").replace(r"\(", "").replace("[)(]", ""))]:
        groups = pd.Series([group] * len(texts))
        assert list(functions.extracted(series, same, groups)) == on_duckdb(f"regexp_extract(x, '{written}', {group})", texts)
    assert list(functions.all_extracted(series, same)) == on_duckdb(f"regexp_extract_all(x, '{written}')", texts)


def test_what_marks_a_match_is_in_no_text() -> None:
    texts = ["a\ue000b a", None, "\ue000\ue001"]
    assert list(functions.all_extracted(pd.Series(texts, dtype=object), pd.Series(["[a\ue000]"] * 3))) == [["a", "\ue000", "a"], None, ["\ue000"]]


def test_nulls_and_no_rows_stay() -> None:
    nulls = pd.Series([None, None], dtype=object)
    assert list(functions.searched(nulls, pd.Series(["a", "a"]))) == [None, None]
    assert list(functions.extracted(nulls, pd.Series(["(a)", "(a)"]), pd.Series([1, 1]))) == [None, None]
    assert list(functions.letters(nulls)) == [None, None]
    empty = pd.Series([], dtype=object)
    assert list(functions.searched(empty, empty)) == list(functions.composed(empty)) == []
