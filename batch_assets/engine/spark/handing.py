"""Handing rows over: a worker takes the rows that Spark makes in portions, writes those that are kept into the store, and tells what it wrote.

Each portion is counted and hashed by DuckDB, in the worker, as the process that publishes would do. A task that is run again writes other files;
what counts are the files of which the tasks that ended well have told. Belongs here: what runs in a worker. Does not belong here: where
files lie (`../open_store.py`).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from ...table.table import REJECT
from ..canonical import Counted, counted
from ..ibis_private import backend_of, type_name
from ..in_memory import in_memory
from ..open_store import Put, Written
from ..quoting import listed, no_rows, sql_text, typed
from ..staging import KEPT, REJECTED_SCHEMA, rejected_of, schema_of

PORTION = 128 << 20
"""The bytes of rows, about, that a worker holds in memory; a file has as many."""

TOLD = "told string"
"""The columns of what a worker tells, as Spark has them."""

_ARRIVED, _TYPED, _REJECTED = "_arrived", "_typed", ".rejected"
_TYPES_OF_REJECTED = {name: type_name(kind) for name, kind in ibis.Schema.from_pyarrow(REJECTED_SCHEMA).items()}


@dataclass(frozen=True)
class Portion:
    """What a worker tells of a portion: the files with its kept rows, the one with those that were rejected, and how often kept rows break the contract."""

    written: list[Written]
    rejected: str | None
    breaches: int

    def told(self) -> str:
        """Return it as a text."""
        return json.dumps([self.rejected, self.breaches, *(file.told() for file in self.written)])

    @classmethod
    def heard(cls, text: str) -> "Portion":
        """Return what such a text tells."""
        rejected, breaches, *written = json.loads(text)
        return cls([Written.heard(file) for file in written], rejected, breaches)


@dataclass(frozen=True)
class Handing:
    """What goes to the workers to hand over rows.

    Attributes:
        put: writes files; without it, rows are counted and go nowhere.
        kinds: the columns' types, as DuckDB spells them.
        measure: the column whose total is counted.
        rejects: the folder for rejected rows.
        breaches: what counts breaches of the contract, as SQL.
    """

    put: Put | None
    kinds: Mapping[str, str]
    measure: str | None = None
    rejects: Path | None = None
    breaches: Sequence[str] = ()

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Hand over the rows of a task; yield what is told of each portion."""
        with self.put.session() if self.put else in_memory() as connection:
            connection.execute("set threads = 1")
            con = backend_of(connection)
            for rows in _portions(batches):
                yield pa.RecordBatch.from_pydict({"told": [self._handed(con, rows).told()]})

    def _handed(self, con: Backend, rows: pa.Table) -> Portion:
        kept = f"select * exclude ({REJECT}) from {_TYPED} where {REJECT} is null" if REJECT in self.kinds else f"from {_TYPED}"
        con.con.register(_ARRIVED, rows)
        con.con.execute(f"create or replace temp view {_TYPED} as select {typed(self.kinds)} from {_ARRIVED}")
        con.con.execute(f"create or replace temp view {KEPT} as {kept}")
        of_days = counted(con, KEPT, schema_of(con, KEPT), self.measure)
        breaches = con.con.execute(f"select {' + '.join(self.breaches)} from {KEPT}").fetchall()[0][0] if self.breaches else 0
        return Portion([self._file(con, day, found) for day, found in of_days.items()], self._rejected(con), int(breaches))

    def _file(self, con: Backend, day: dt.date, found: Counted) -> Written:
        path, size = self.put.write(con.con, KEPT, day, found.rows) if self.put else ("", 0)
        return Written(day, path, size, found)

    def _rejected(self, con: Backend) -> str | None:
        """Write the rejected rows into a file, if there are any; return its path."""
        if REJECT not in self.kinds or self.rejects is None:
            return None
        if not con.con.execute(f"select count({REJECT}) from {_TYPED}").fetchall()[0][0]:
            return None
        path = str(self.rejects / f"{uuid4().hex}{_REJECTED}")
        con.con.execute(f"copy ({rejected_of(_TYPED, self.kinds)}) to {sql_text(path)} (format parquet)")
        return path


def rejected_rows(files: Sequence[str]) -> str:
    """Return, as DuckDB's SQL, the rejected rows of files."""
    return f"from read_parquet({listed(files)})" if files else no_rows(_TYPES_OF_REJECTED)


def _portions(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield rows in portions, of which none is empty."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting += [batch] if batch.num_rows else []
        if sum(rows.nbytes for rows in waiting) >= PORTION:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)
