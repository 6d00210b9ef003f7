"""The Parquet files of a Delta table: written from staged rows, and read as one relation.

Belongs here: files and their paths, local or on an object store. Does not belong here: which of them are in force (`tables.py`).
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from ...durable import sync
from ...engine.ibis_private import type_name
from ...engine.quoting import sql_text
from ..permissions import make_folder


def write(connection: duckdb.DuckDBPyConnection, table: str, partition: Mapping[str, object], rows: str, name: str, count: int) -> AddAction:
    """Write the rows of a partition into a file of a table, have them on the disk, and return what a commit says of the file.

    Args:
        connection: where the rows are.
        table: the table's folder or URL.
        partition: the partition's value of each column that the table is partitioned by.
        rows: the relation, of which the partition's rows are taken.
        name: the file's name, which no other has.
        count: the number of rows.
    """
    values = {column: str(value) for column, value in partition.items()}
    folder = "/".join(f"{column}={value}" for column, value in values.items())
    path = f"{table}/{folder}/{name}"
    if "://" not in path:
        make_folder(Path(path).parent)
    where = " and ".join(f"{column} = {sql_text(value)}" for column, value in values.items())
    chosen = f"select * exclude ({', '.join(values)}) from {rows} where {where}"
    connection.execute(f"copy ({chosen}) to {sql_text(path)} (format parquet, compression zstd)")
    if "://" not in path:
        sync(Path(path))
        sync(Path(path).parent)
    ((size,),) = connection.execute("select size from read_blob(?)", [path]).fetchall()
    return AddAction(f"{folder}/{name}", size, values, time.time_ns() // 1_000_000, True, json.dumps({"numRecords": count}))


def scan(table: DeltaTable, root: str) -> str:
    """Return, as SQL, the rows of the files that a version of a table names; its columns have the table's order.

    Args:
        table: the version.
        root: the table's folder or URL. (In delta-rs's own it is written as a URL is, even if it is a folder.)
    """
    schema = ibis.Schema.from_pyarrow(pa.schema(table.schema()))
    by = table.metadata().partition_columns
    files = sorted(f"{root}/{path}" for path in pa.table(table.get_add_actions(flatten=True))["path"].to_pylist())
    if not files:
        nulls = ", ".join(f'null::{type_name(kind)} as "{column}"' for column, kind in schema.items())
        return f"(select {nulls} limit 0)"
    columns = ", ".join(f'"{column}"' for column in schema)
    kinds = ", ".join(f"{column}: {type_name(schema[column])}" for column in by)
    return f"(select {columns} from read_parquet([{', '.join(map(sql_text, files))}], hive_partitioning = true, hive_types = {{{kinds}}}))"
