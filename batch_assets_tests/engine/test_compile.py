"""Compiled expressions: DuckDB's SQL and types for the rows that the expression gives."""

import ibis
import ibis.expr.types as ir

from batch_assets.engine.compile import compiled

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
