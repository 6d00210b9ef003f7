"""How a map is called: with the models that are in force on a day, and with whole groups where rows belong together. Alike on every engine.

Belongs here: what one call gets. Does not belong here: where calls run (`duckdb.py`, `spark/`).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, cast

import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..table.model import FILES, ModelStore, Version
from ..table.table import ROWS, Table


def by_models(con: Backend, table: Table, days: Sequence[dt.date], store: ModelStore) -> Iterator[tuple[list[dt.date], dict[str, Version]]]:
    """Yield days on which the same versions of a map's models are in force, with these versions."""
    in_force = {name: _in_force(con, table, name, days) for name in table.models}

    def models_of(day: dt.date) -> list[tuple[str, str]]:
        rows = [in_force[name][day] for name in table.models]
        return [(row["version"], row.get(FILES) or "") for row in rows]

    for versions, alike in groupby(sorted(days, key=models_of), key=models_of):
        its_days = list(alike)
        yield (
            its_days,
            {
                name: Version(name, version, in_force[name][its_days[0]], store.all(name, version, files or None), files or None)
                for name, (version, files) in zip(table.models, versions, strict=True)
            },
        )


def call(table: Table, models: dict[str, Version], rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return what a map makes of rows."""
    return cast(pa.RecordBatch, table.function(**{ROWS: rows}, **models))


def whole_groups(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Cut ordered rows between groups alone: the last group of each batch waits for the next one."""
    waiting: pa.RecordBatch | None = None
    for batch in batches:
        rows = batch if waiting is None else pa.concat_batches([waiting, batch])
        cut = _begin_of_last_group(rows, columns)
        if cut:
            yield rows.slice(0, cut)
        waiting = rows.slice(cut)
    if waiting is not None and waiting.num_rows:
        yield waiting


def _begin_of_last_group(rows: pa.RecordBatch, columns: Sequence[str]) -> int:
    """Return the number of the first row of the last group."""
    last, first = rows.num_rows - 1, 0
    while first < last:
        middle = (first + last) // 2
        if all(rows[name][middle] == rows[name][rows.num_rows - 1] for name in columns):
            last = middle
        else:
            first = middle + 1
    return max(first, 0)


def _in_force(con: Backend, table: Table, model: str, days: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """Return the row of a model's table for each day."""
    query = f'select * from {table.layers.layer_of(model)}."{model}" where batch_date in (select unnest(?::date[]))'
    rows = con.con.execute(query, [list(days)]).to_arrow_table().to_pylist()
    return {row.pop("batch_date"): row for row in rows}
