"""What a commit of a Delta table says of its publication: the record, as text in the commit's metadata, so that rows and record are one act.

Belongs here: a record as text, and back, and reading it from the log. Does not belong here: what is in a record (`record.py`).
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb

from ..record import Record

RECORD = "batch_assets.record"
"""The record of the publication: rows by table of the schema `quality`, as JSON."""

HISTORY = "batch_assets.history"
"""The columns of which a row holds until others with the same values come, as JSON; none if rows are of their day alone."""

_FROM_TEXT: Mapping[str, Callable[[str], object]] = {
    "batch_date": dt.date.fromisoformat,
    "first_day": dt.date.fromisoformat,
    "last_day": dt.date.fromisoformat,
    "published_at": dt.datetime.fromisoformat,
    "finished_at": dt.datetime.fromisoformat,
}
"""The columns of a record that JSON has no type for."""


def said(record: Record, history: Sequence[str]) -> dict[str, str]:
    """Return the metadata of a commit."""
    return {RECORD: json.dumps(record, default=lambda value: value.isoformat(), sort_keys=True), HISTORY: json.dumps(history)}


def commits_of(connection: duckdb.DuckDBPyConnection, table: str, first: int, last: int) -> dict[int, Mapping[str, Any]]:
    """Return the metadata of a table's commits, by version, from the files of its log.

    The history that delta-rs tells begins at the newest commit, also if the table was read before that, and counts its versions back from what was read.
    """
    files = {f"{table}/_delta_log/{version:020}.json": version for version in range(first, last + 1)}
    texts = connection.execute("select filename, content from read_text(?)", [list(files)]).fetchall()
    found = {files[file]: [json.loads(line) for line in text.splitlines() if line] for file, text in texts}
    return {version: next((action["commitInfo"] for action in found[version] if "commitInfo" in action), {}) for version in sorted(found)}


def heard(metadata: Mapping[str, Any]) -> Record:
    """Return the record that the metadata of a commit says; an empty one if the commit is no publication, such as Delta's own of its maintenance."""
    tables: dict[str, list[dict[str, Any]]] = json.loads(metadata.get(RECORD, "{}"))
    return {table: [{name: _value(name, value) for name, value in row.items()} for row in rows] for table, rows in tables.items()}


def history(metadata: Mapping[str, Any]) -> list[str]:
    """Return the columns that `said` was given."""
    return list(json.loads(metadata.get(HISTORY, "[]")))


def _value(name: str, value: Any) -> Any:
    return _FROM_TEXT[name](value) if name in _FROM_TEXT and value is not None else value
