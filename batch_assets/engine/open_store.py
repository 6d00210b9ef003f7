"""A store whose files the engine's workers read and write themselves, so that the rows of a batch never pass through the process that publishes it.

Belongs here: what an engine asks of such a store, and what its workers tell of what they wrote. Does not belong here: how a store answers
(`warehouse/delta/`), and how the workers are asked (`spark/`).
"""

import datetime as dt
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import duckdb
import ibis.expr.schema as sch

from .canonical import Contents, Counted


@dataclass(frozen=True)
class Standing:
    """A table as it stands in a store.

    Attributes:
        table: the table's folder or URL.
        version: its version.
        files: the files of the days that were asked for, with the day in their path.
    """

    table: str
    version: int
    files: Sequence[str]


@dataclass(frozen=True)
class Written:
    """A file with kept rows of one day, which a worker wrote, and nobody sees before a commit names it.

    Attributes:
        day: the batch day.
        path: the file, from the table's folder on.
        size: its bytes.
        counted: what was counted of its rows.
    """

    day: dt.date
    path: str
    size: int
    counted: Counted

    def told(self) -> str:
        """Return it as a text."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def heard(cls, text: str) -> "Written":
        """Return what such a text tells. A total is a decimal, whatever it was."""
        told = json.loads(text)
        counted = told["counted"]
        total = None if counted["total"] is None else Decimal(str(counted["total"]))
        return cls(dt.date.fromisoformat(told["day"]), told["path"], told["size"], Counted(counted["rows"], counted["words"], total))


@dataclass(frozen=True)
class HandedOver:
    """What workers tell of rows that they made and wrote, and of checks of them where they lie.

    Attributes:
        written: the files.
        breaches: how many times the kept rows break the contract; None if that was not counted.
        lost: how many rows that were read are neither kept nor rejected; None if that was not counted.
    """

    written: Sequence[Written]
    breaches: int | None
    lost: int | None


class Put(Protocol):
    """Writes files into a table; it is sent to the workers."""

    @property
    def table(self) -> str:
        """The table's folder or URL."""
        ...

    def session(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection that reaches the store."""
        ...

    def write(self, connection: duckdb.DuckDBPyConnection, rows: str, day: dt.date, count: int) -> tuple[str, int]:
        """Write the rows of a day that a relation of the connection has, so many; return the file, from the table's folder on, and its bytes.

        Raises:
            StorageError: the disk or network failed, or nobody waits for the file any more.
        """
        ...


class OpenStore(Protocol):
    """A store as an engine's workers reach it."""

    def standing(self, asset: str, first: dt.date, last: dt.date) -> Standing:
        """Return a table as it was when the publishing process read its log last."""
        ...

    def put(self, asset: str) -> Put:
        """Return what writes files into a table, until the publication ends; what no commit names by then is removed."""
        ...

    def until_the_end(self, context: AbstractContextManager[Path]) -> Path:
        """Enter a context that is left when the publication has ended."""
        ...

    def relation(self, asset: str, schema: sch.Schema, written: Sequence[Written]) -> str:
        """Return, as DuckDB's SQL, the rows of files that were written."""
        ...


def contents(schema: sch.Schema, written: Sequence[Written]) -> Contents:
    """Return, by batch day of written files, the number of rows, the content hash, and the total of a column."""
    found: dict[dt.date, Counted] = {}
    for file in written:
        found[file.day] = found[file.day] + file.counted if file.day in found else file.counted
    return {day: (counted.rows, counted.content(schema), counted.total) for day, counted in found.items()}
