"""Compiled expressions: they give the rows that the expression gives."""

import dataclasses
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from batch_assets.table.layers import find_table
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse

from ..lake_writer import day_of, till_line, write_till

SALES = find_table("sales_lines")


def known_products_only(pos_log: ir.Table) -> ir.Table:
    """Reject what a list that lies in memory does not have."""
    rows = SALES.function(pos_log=pos_log)
    assert isinstance(rows, ir.Table)
    known = ibis.memtable({"product_id": [1, 2], "is_known": [True, True]})
    joined = rows.left_join(known, "product_id")
    return joined.mutate(reject_reason=ibis.coalesce(rows.reject_reason, ibis.ifelse(known.is_known, None, "unknown"))).select(rows.columns)


def published_quantities(table: Table, warehouse: Warehouse) -> list[int]:
    """Publish a day and return the quantities in it."""
    table.publish(warehouse, [day_of(0)], "run")
    with warehouse.connect() as con:
        return [quantity for (quantity,) in con.con.execute("select quantity from marts.sales_lines order by 1").fetchall()]


def test_rows_in_memory_are_read(warehouse: Warehouse) -> None:
    lines = [till_line(day_of(0), line_no=str(n), product_id=str(n), quantity=str(n)) for n in (1, 2, 3)]
    write_till(Path(warehouse.lake), day_of(0), lines)
    known_products_only.__name__, known_products_only.__module__ = SALES.name, SALES.function.__module__
    assert published_quantities(dataclasses.replace(SALES, function=known_products_only), warehouse) == [1, 2]


def test_a_table_that_returns_something_else_is_told_so() -> None:
    def nothing(pos_log: ir.Table) -> None: ...

    nothing.__name__, nothing.__module__ = SALES.name, SALES.function.__module__
    with pytest.raises(TypeError, match=r"marts\.sales_lines: the function returns neither an expression nor"):
        _ = dataclasses.replace(SALES, function=nothing).compiled
