"""The Parquet files of a Delta table: written from staged rows, and read as one relation.

Belongs here: files and their paths, local or on an object store. Does not belong here: which of them are in force (`tables.py`).
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from ...durable import sync
from ...engine.ibis_private import type_name
from ...engine.quoting import listed, no_rows, sql_text
from ..permissions import make_folder

DAY = "batch_date"
"""The column that tables are partitioned by; it is in the paths of files, and not in them."""


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
    return added(f"{folder}/{name}", size, values, count)


def added(path: str, size: int, partition: Mapping[str, str], count: int) -> AddAction:
    """Return what a commit says of a file.

    Args:
        path: the file, from the table's folder on.
        size: its bytes.
        partition: the partition's value of each column that the table is partitioned by.
        count: the number of its rows.
    """
    return AddAction(path, size, dict(partition), time.time_ns() // 1_000_000, True, json.dumps({"numRecords": count}))


def scan(table: DeltaTable, root: str) -> str:
    """Return, as SQL, the rows of the files that a version of a table names; its columns have the table's order.

    Args:
        table: the version.
        root: the table's folder or URL. (In delta-rs's own it is written as a URL is, even if it is a folder.)
    """
    files = pa.table(table.get_add_actions(flatten=True))["path"].to_pylist()
    return rows_of(root, files, ibis.Schema.from_pyarrow(pa.schema(table.schema())), table.metadata().partition_columns)


def rows_of(root: str, paths: Sequence[str], schema: ibis.Schema, by: Sequence[str]) -> str:
    """Return, as SQL, the rows of files of a table.

    Args:
        root: the table's folder or URL.
        paths: the files, from there on.
        schema: the columns.
        by: those of them that are in the files' paths.
    """
    files = sorted(f"{root}/{path}" for path in paths)
    if not files:
        return f"({no_rows({column: type_name(kind) for column, kind in schema.items()})})"
    columns = ", ".join(f'"{column}"' for column in schema)
    kinds = ", ".join(f"{column}: {type_name(schema[column])}" for column in by)
    return f"(select {columns} from read_parquet({listed(files)}, hive_partitioning = true, hive_types = {{{kinds}}}))"
