"""Frames of a few rows, to call a table's function without a warehouse, a lake or Dagster."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table


def frame(name: str, rows: Sequence[Mapping[str, object]]) -> ir.Table:
    """Return rows of a table or a raw source; what is not given is null."""
    graph = configured_graph()
    schema = graph.source(name).schema if graph.layers.layer_of(name) == "lake" else graph.table(name).contract.arrow_schema()
    return ibis.memtable(pa.Table.from_pylist([dict(row) for row in rows], schema=schema))


def days(*asked: dt.date) -> ir.Table:
    """Return the table of the batch days that are asked for."""
    return ibis.memtable(pa.table({"batch_date": pa.array(asked, pa.date32())}))


def rows_of(table: Table, **tables: ir.Table) -> list[dict[str, Any]]:
    """Return the rows that a table makes of frames, in the order of its grain."""
    made = table(**tables)
    if isinstance(made, ir.Table):
        rows = ibis.duckdb.connect().to_pyarrow(made).to_pylist()
    else:
        assert isinstance(made, Iterator)
        rows = [row for batch in made for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: tuple(str(row[column]) for column in table.contract.grain()))
