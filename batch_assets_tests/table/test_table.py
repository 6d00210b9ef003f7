"""What a table says of itself from its function alone, and how code that breaks the rules is told."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest

from batch_assets.errors import DefinitionError
from batch_assets.table.graph import Graph
from batch_assets.table.table import ALL, Table, Upstream

from .. import shop
from ..shop_lake import day_of

SHOP = Graph(shop.PACKAGE)


def like(name: str, function: Callable[..., Any], **others: Any) -> Table:
    """Return a table of the shop with another function in its place."""
    found = SHOP.table(name)
    function.__name__, function.__module__ = name, found.function.__module__
    return dataclasses.replace(found, function=function, **others)


def test_the_parameters_are_the_upstreams() -> None:
    kind_counts, expected_counts, mean_model = (SHOP.table(name) for name in ("kind_counts", "expected_counts", "mean_model"))
    assert kind_counts.upstreams == [Upstream("marts.shelf_counts", 0), Upstream("marts.shelf_kinds", ALL)]
    assert expected_counts.reads == ["recent_counts", "next_days", "mean_model"]
    assert expected_counts.models == ["mean_model"]
    assert mean_model.reads == ["kind_counts"]
    assert [table.source.name for table in SHOP.tables() if table.source] == ["counts", "shelves"]


def test_a_table_has_one_of_three_forms() -> None:
    forms = {table.name: (table.is_map, table.is_generator) for table in SHOP.tables()}
    assert {name for name, form in forms.items() if form == (True, False)} == {"expected_counts"}
    assert {name for name, form in forms.items() if form == (False, True)} == {"next_days", "mean_model"}
    assert (True, True) not in forms.values()


def test_a_look_back_is_cut_off_at_the_calendars_first_day() -> None:
    days = [day_of(2), day_of(3)]
    assert Upstream("marts.kind_counts", 1).known(days) == (day_of(1), day_of(3))
    assert Upstream("marts.kind_counts", 0).known(days) == (day_of(2), day_of(3))
    assert Upstream("marts.kind_counts", ALL).known(days) == (day_of(0), day_of(3)) == (dt.date(2017, 1, 1), dt.date(2017, 1, 4))


def _no_rows(mean_model: object) -> None: ...
def _a_table(rows: pa.RecordBatch, recent_counts: object) -> None: ...
def _a_model_first(mean_model: object, rows: pa.RecordBatch) -> None: ...
def _the_store(rows: pa.RecordBatch, mean_model: object, artifacts: object) -> None: ...
def _the_days(rows: pa.RecordBatch, days: object) -> None: ...
def _nothing() -> None: ...
def _yields(rows: pa.RecordBatch, mean_model: object) -> Iterator[pa.RecordBatch]:
    yield rows


@pytest.mark.parametrize("function", [_no_rows, _a_table, _a_model_first, _the_store, _the_days, _nothing, _yields])
def test_a_map_takes_rows_and_then_models(function: Callable[..., Any]) -> None:
    with pytest.raises(
        DefinitionError,
        match=r"^predictions\.expected_counts: a map takes `rows`, then models, and returns one batch; what else it needs is made by its `scores`\.$",
    ):
        _ = like("expected_counts", function).reads


def test_a_table_reads_one_raw_source() -> None:
    def several(counts: ir.Table, shelves: ir.Table) -> ir.Table:
        return counts.join(shelves, "shelf")

    with pytest.raises(DefinitionError, match=r"^marts\.shelf_counts: reads the raw sources counts and shelves; write one mart for each source, and join"):
        _ = like("shelf_counts", several).source


def test_an_upstream_that_is_not_there_is_told() -> None:
    def misspelt(shelf_count: ir.Table) -> ir.Table:
        return shelf_count

    with pytest.raises(DefinitionError, match=r"^shelf_count: a file shelf_count\.py is in no layer's folder of batch_assets_tests\.shop"):
        _ = like("kind_counts", misspelt).upstreams


def test_a_function_that_returns_something_else_is_told() -> None:
    def nothing(counts: ir.Table) -> None: ...

    with pytest.raises(DefinitionError, match=r"^marts\.shelf_counts: the function returns neither an expression nor, with `yield`, Arrow record batches\.$"):
        _ = like("shelf_counts", nothing).expression


def test_a_generator_has_no_expression() -> None:
    def rows(days: ir.Table) -> Iterator[pa.RecordBatch]:
        yield from ()

    assert like("next_days", rows).expression is None
