"""A store: where published rows are kept. A DuckDB file is one, a folder of Delta tables another.

Whichever it is, its tables are read over a connection of DuckDB's, under the same names. Belongs here: what a warehouse asks of a
store, and which store a location names. Does not belong here: how one answers (`duckdb_file.py`, `delta/`).
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import duckdb

from ..engine.open_store import OpenStore
from ..errors import WarehouseError
from .batch import Batch, Receipt, Target
from .record import Record
from .stored import Stored

OBJECT_STORE = "s3://"
"""How a URL begins at which Delta tables can be kept."""


class Store(Protocol):
    """Where published rows are kept."""

    def exists(self) -> bool:
        """Say whether there is anything at its location."""
        ...

    def open(self, lock_timeout: float, tell: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        """Open it, and make the warehouse's own tables unless they are there; if only one process may have it open, wait for the other.

        Raises:
            WarehouseError: it is still another's after so many seconds, or has a different version.
        """
        ...

    def open_to_read(self) -> duckdb.DuckDBPyConnection:
        """Open it for reading, and wait for nobody.

        Raises:
            WarehouseError: it is not there yet, or another process holds it.
        """
        ...

    def refresh(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let an open connection see what others have published since."""
        ...

    def next_publication(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Return a new, unique publication number, higher than that of all that was read."""
        ...

    def opened(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[OpenStore | None]:
        """Give what an engine's workers reach of it themselves, for one publication; None if they reach nothing."""
        ...

    def commit(self, connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> None:
        """Replace a table's batches by the rows that are staged, or were written into its files, with their quarantine and record, all or none.

        Raises:
            BreachError: the table and the contract have different columns. Nothing was changed.
            WarehouseError: another process has published one of the batches meanwhile. Nothing was changed.
        """
        ...

    def prune(self, connection: duckdb.DuckDBPyConnection, before: dt.datetime, *, is_executed: bool) -> Iterator[str]:
        """Yield a line for what was replaced before a time, and nothing in force needs; remove it, if it may be."""
        ...

    def forget_replaced(self, connection: duckdb.DuckDBPyConnection, spared: Collection[str]) -> Mapping[str, int]:
        """Remove the files that it keeps of rows that were replaced, whatever their age; return how many, by table.

        Args:
            connection: what it was opened with.
            spared: tables whose files stay.
        """
        ...

    def note(self, connection: duckdb.DuckDBPyConnection, record: Record) -> None:
        """Enter what is of no publication into the warehouse's own tables, to stay."""
        ...

    def objects(self) -> Iterator[Stored]:
        """Yield all that it keeps anywhere but in files of this machine."""
        ...


def store_at(location: str) -> Store:
    """Return the store that a location names: a URL such as s3://bucket/warehouse, or a name without a suffix, is a folder of Delta tables.

    Raises:
        WarehouseError: the location names nothing that lasts or is known here, or the library for Delta tables is not installed.
    """
    if not location or Path(location).name.startswith(":memory:"):
        raise WarehouseError(f"a warehouse {location!r} keeps nothing when its process ends. Name a file in the setting warehouse.")
    if "://" not in location and (Path(location).suffix or Path(location).is_file()):
        from .duckdb_file import DuckDBFile

        return DuckDBFile(location)
    if "://" in location and not location.startswith(OBJECT_STORE):
        raise WarehouseError(
            f"{location}: a warehouse of Delta tables is a folder, or its URL begins with {OBJECT_STORE}. "
            "Name one of these, or a DuckDB file, in the setting warehouse."
        )
    try:
        from .delta.tables import DeltaTables
    except ImportError as error:
        raise WarehouseError(
            f"{location}: a folder of Delta tables, for which the library {error.name} is not installed. Install it with pip install 'batch_assets[delta]', "
            "or name a DuckDB file in the setting warehouse, such as data/warehouse.duckdb."
        ) from error
    return DeltaTables(location)
