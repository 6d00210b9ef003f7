"""Column lineage follows a column through joins, unions, aggregates and renames to where it comes from."""

import ibis

from batch_assets.table.graph import Graph
from batch_assets.table.lineage import column_lineage

from .. import shop

A = ibis.table({"id": "int64", "x": "int64", "y": "int64"}, name="a")
B = ibis.table({"id": "int64", "z": "int64"}, name="b")


def test_a_column_comes_from_all_that_it_is_computed_from() -> None:
    made = A.join(B, "id").filter(A.y > 0).select("id", "x", "z", total=A.x + B.z)
    assert column_lineage(made) == {"id": [("a", "id")], "x": [("a", "x")], "z": [("b", "z")], "total": [("a", "x"), ("b", "z")]}


def test_a_union_comes_from_both_and_a_constant_from_nowhere() -> None:
    made = A.select("id", n=A.x).union(B.select("id", n=ibis.literal(0, "int64")))
    assert column_lineage(made) == {"id": [("a", "id"), ("b", "id")], "n": [("a", "x")]}


def test_an_aggregate_and_a_window_come_from_what_they_are_over() -> None:
    ranked = A.mutate(rank=ibis.row_number().over(ibis.window(group_by="id", order_by="y")))
    assert column_lineage(ranked.group_by("id").agg(most=ranked["rank"].max())) == {"id": [("a", "id")], "most": [("a", "id"), ("a", "y")]}


def test_what_a_table_counts_comes_from_its_upstream() -> None:
    expression = Graph(shop.PACKAGE).table("kind_counts").expression
    assert expression is not None
    assert column_lineage(expression)["pieces"] == [("shelf_counts", "pieces")]


def test_a_map_has_the_lineage_of_the_rows_that_it_scores() -> None:
    expression = Graph(shop.PACKAGE).table("expected_counts").expression
    assert expression is not None
    assert column_lineage(expression)["weekday"] == [("next_days", "weekday")]


def test_a_table_of_python_has_no_lineage() -> None:
    assert Graph(shop.PACKAGE).table("next_days").expression is None
