"""Compiled expressions: DuckDB's SQL and types for the rows that the expression gives."""

import subprocess
import sys
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from batch_assets.engine import compile as module
from batch_assets.engine.compile import compiled
from batch_assets.table import remembered

from .conftest import SHOP, like


def test_a_table_is_compiled_once_over_the_names_of_what_it_reads() -> None:
    shelf_kinds = SHOP.table("shelf_kinds")
    assert compiled(shelf_kinds) is compiled(shelf_kinds)
    con = ibis.duckdb.connect()
    con.con.execute("create table shelves as select date '2017-01-01' as batch_date, '1' as shelf, 'tea' as kind, 'a.parquet' as source_file, 1 as source_line")
    rows = con.con.execute(f"select shelf, kind, reject_reason from ({compiled(shelf_kinds).sql})").fetchall()
    assert rows == [(1, "tea", None)]


def test_types_are_duckdbs_also_of_arrays_and_structs() -> None:
    assert compiled(SHOP.table("shelf_counts")).types["words"] == "TEXT[]"
    assert compiled(SHOP.table("recent_counts")).types["extremes"] == 'STRUCT("least" BIGINT, "most" BIGINT)'


def test_a_map_is_compiled_as_the_rows_that_it_scores() -> None:
    assert list(compiled(SHOP.table("expected_counts")).types) == ["batch_date", "kind", "pieces", "counted", "extremes", "ahead", "weekday"]


def test_rows_in_memory_are_noticed() -> None:
    def with_memory(counts: ir.Table) -> ir.Table:
        return counts.join(ibis.memtable({"shelf": ["1"]}), "shelf")

    assert compiled(like("shelf_counts", with_memory)).in_memory
    assert not any(compiled(table).in_memory for table in SHOP.tables() if table.expression is not None)


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have what is remembered in a folder of this test's own."""
    monkeypatch.setattr(remembered, "folder", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    remembered._answers.cache_clear()
    return tmp_path


def sql_with(words: str) -> str:
    """Return the SQL of a table of that name whose words are always these, as a new process finds it."""

    def with_words(counts: ir.Table) -> ir.Table:
        return counts.mutate(words=ibis.literal(words))

    remembered._answers.cache_clear()
    return compiled(like("shelf_counts", with_words)).sql


def test_sql_is_compiled_once_for_all_processes(answers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sql_with("tea")
    monkeypatch.setattr(module, "to_sql", lambda expression: "compiled again")
    assert sql_with("tea") == first


def test_remembered_sql_is_of_the_expression_and_not_of_the_table_or_its_file(answers: Path) -> None:
    """A data file, a clock, the time zone database: whatever makes another expression has other SQL."""
    assert ["'tea'" in sql_with("tea"), "'coffee'" in sql_with("coffee"), "'tea'" in sql_with("tea")] == [True] * 3


def test_an_expression_is_written_alike_in_every_process() -> None:
    code = """
from hashlib import sha256
from batch_assets.engine.ibis_private import written
from batch_assets.table.graph import Graph
print([sha256(written(table.expression) or b"").hexdigest() for table in Graph("batch_assets_tests.shop").tables() if table.expression is not None])
"""
    told = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(told) == 1
