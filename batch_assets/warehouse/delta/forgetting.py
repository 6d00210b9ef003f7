"""Forgetting: what a table's folder keeps of rows that were replaced goes at once, whatever its age, since somebody was erased from them.

That is files that no version in force has, and values of rows in the log: whoever wrote a file with Delta's own means, as to have fewer of them, has
left the least and the greatest value of each column there, and in checkpoints. The log itself stays, and with it every record. Each step may be done again.
Belongs here: one table. Does not belong here: rejected rows, which are in force for the log until a commit takes them out (`tables.py`).
"""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSelector, PyFileSystem

from ...durable import replace
from ...engine.quoting import sql_text
from .upkeep import HOURS_UNDER_WAY

_LOG = "_delta_log"
_VALUES = "minValues"
"""What the statistics of a file have if they quote values of rows."""


def forget_replaced(connection: duckdb.DuckDBPyConnection, uri: str) -> int:
    """Remove the files of a table that are not in force, and values of rows from its log; return the number of files.

    A file that no commit has named yet may be under way: it stays until it is so old that none will.
    """
    named = _named(connection, uri)
    # Read after the log: what a commit has named, and is not in force now, never will be again.
    table = DeltaTable(uri)
    in_force = set(pa.table(table.get_add_actions(flatten=True))["path"].to_pylist())
    folder, old = DeltaStorageHandler(uri), dt.datetime.now(dt.UTC) - dt.timedelta(hours=HOURS_UNDER_WAY)
    files = [file for file in PyFileSystem(folder).get_file_info(FileSelector("", recursive=True)) if file.is_file and not file.path.startswith(f"{_LOG}/")]
    going = [file.path for file in files if file.path not in in_force and (file.path in named or file.mtime < old)]
    for path in going:
        folder.delete_file(path)
    _forget_values(connection, uri, table)
    return len(going)


def _named(connection: duckdb.DuckDBPyConnection, uri: str) -> set[str]:
    """Return the files that commits have named, from the table's folder on."""
    paths = 'select distinct unnest(regexp_extract_all(content, \'"path":"([^"]*)"\', 1)) from read_text(?)'
    return {path for (path,) in connection.execute(paths, [f"{uri}/{_LOG}/*.json"]).fetchall()}


def _forget_values(connection: duckdb.DuckDBPyConnection, uri: str, table: DeltaTable) -> None:
    """Take values of rows out of a table's log and its checkpoints; the last checkpoint has what is in force alone."""
    quoting = "select filename, content from read_text(?) where contains(content, ?)"
    for file, content in connection.execute(quoting, [f"{uri}/{_LOG}/*.json", _VALUES]).fetchall():
        _replace(connection, file, "".join(f"{_without_values(line)}\n" for line in content.splitlines() if line))
    checkpoints = [file for (file,) in connection.execute("select file from glob(?) order by 1", [f"{uri}/{_LOG}/*.parquet"]).fetchall()]
    last = f"{table.version():020}.checkpoint.parquet"
    quote_values = [file for file in checkpoints if Path(file).name != last and _quotes_values(connection, file)]
    if quote_values:
        table.create_checkpoint()
    for file in quote_values:
        DeltaStorageHandler(uri).delete_file(f"{_LOG}/{Path(file).name}")


def _without_values(line: str) -> str:
    """Return a line of a log in which a file's statistics are the number of its rows alone."""
    if _VALUES not in line:
        return line
    action: dict[str, dict[str, Any]] = json.loads(line)
    for told in action.values():
        if isinstance(told.get("stats"), str):
            statistics: Mapping[str, Any] = json.loads(told["stats"])
            told["stats"] = json.dumps({name: value for name, value in statistics.items() if name == "numRecords"})
    return json.dumps(action, separators=(",", ":"))


def _quotes_values(connection: duckdb.DuckDBPyConnection, checkpoint: str) -> bool:
    query = f"select 1 from read_parquet({sql_text(checkpoint)}) as action where contains(to_json(action)::varchar, ?) limit 1"
    return bool(connection.execute(query, [_VALUES]).fetchall())


def _replace(connection: duckdb.DuckDBPyConnection, file: str, content: str) -> None:
    """Replace a file of a log, whole or not at all."""
    if "://" not in file:
        replace(Path(file), content.encode(), Path(file).stat().st_mode & 0o777)
        return
    lines = "select unnest(string_split(?, chr(10))) as line"
    connection.execute(f"copy ({lines}) to {sql_text(file)} (format csv, header false, quote '', escape '', delimiter e'\\x01')", [content.rstrip("\n")])
