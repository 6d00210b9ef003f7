"""A table's rows of one day without a warehouse: DuckDB makes them in memory, from rows of its upstreams that are given.

Belongs here: what an engine needs of a warehouse, as tables in memory. Does not belong here: how rows are made (`duckdb.py`), and where they come from.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..table.model import ModelStore
from ..table.table import Table
from .compile import compiled
from .duckdb import DuckDB
from .ibis_private import backend_of
from .in_memory import in_memory
from .making import known_relations, of_days
from .quoting import typed
from .staging import KEPT, load


def kept_rows(table: Table, day: dt.date, lake: Path, known: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows that a table accepts on a day, without what is private in them.

    Args:
        table: the table, which trains nothing.
        day: the batch day.
        lake: the lake's folder, with the day's raw files, if the table reads any.
        known: the published rows of each of its upstreams, by name.

    Raises:
        LakeError: a raw file is missing or corrupt.
    """
    con = _knowing(table, known)
    assert "artifacts" not in table.parameters, f"{table.asset} is trained"
    DuckDB(con, lake, cast(ModelStore, None)).stage(table, [day])
    return con.con.execute(f"select * {without_private(table)} from {KEPT}").to_arrow_table()


def rows_to_score(table: Table, day: dt.date, known: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows of a day that a map scores."""
    con, expression = _knowing(table, known), compiled(table)
    for name, relation in known_relations(con, table, [day]):
        if name in table.models:
            continue
        con.con.execute(f'create temp view "{name}" as from {relation}')
    return con.con.execute(f"select {typed(expression.types)} from ({of_days(expression.sql, [day])})").to_arrow_table()


def without_private(table: Table) -> str:
    """Return what empties the private columns of a table, as DuckDB's SQL has it after `*`."""
    empty = ", ".join(f'null::varchar as "{name}"' for name in table.contract.private())
    return f"replace ({empty})" if empty else ""


def _knowing(table: Table, known: Mapping[str, pa.Table]) -> Backend:
    """Return a database in memory that has the rows of a table's upstreams."""
    con = backend_of(in_memory())
    for name, rows in known.items():
        layer = table.layers.layer_of(name)
        con.con.execute(f"create schema if not exists {layer}")
        load(con, "_known", rows.schema, iter(rows.to_batches()))
        con.con.execute(f'create table {layer}."{name}" as from _known')
    return con
