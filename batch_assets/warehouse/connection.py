"""The warehouse: a store of published rows, and the folders that belong to it.

Belongs here: the connection, and translating DuckDB's errors for code that does not depend on it. Does not belong here: what is
published (`publication.py`), how a store is opened (`duckdb_file.py`, `delta/`), and the tables that every warehouse has (`schema.py`).
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import duckdb
from ibis.backends.duckdb import Backend

from ..engine.ibis_private import backend_of
from ..engine.own_folder import own_folder
from ..engine.quoting import sql_text
from ..errors import EngineError, StorageError
from ..ingest.known_files import KnownFiles
from .owner import claim
from .permissions import make_folder
from .reconcile import reconcile
from .store import Store, store_at
from .transaction import use_little_memory, use_usual_memory

_QUOTE_VALUES = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
"""DuckDB's errors that quote values of rows, any of which may be private."""

_VALUE = re.compile(r"""(['"]).*\1|['"].*|(?<=value )\S+""", re.DOTALL)
"""What may be a value: whatever stands in quotes, to the last one, since a value may have quotes in it; and a number."""


class Warehouse:
    """A store that is changed only by publishing checked batches atomically, and the folders that belong to it."""

    def __init__(self, database: str, lake: str, published: str, models: str, lock_timeout: float, tell: Callable[[str], None] | None = None) -> None:
        """Store the locations; nothing is opened yet.

        Args:
            database: path of the DuckDB file, or folder or URL of Delta tables.
            lake: folder of the raw daily files.
            published: folder of the published Parquet files.
            models: folder of the trained models.
            lock_timeout: seconds to wait for another process that holds the file.
            tell: receives messages for the user: which process it is waiting for, and what it has repaired. By default, logs them.
        """
        self.database, self.lake, self.published, self.models, self.lock_timeout = database, lake, published, models, lock_timeout
        self.tell = tell or logging.getLogger(__name__).warning
        self._is_kept_open = False
        self._held: duckdb.DuckDBPyConnection | None = None
        self._until_closed = ExitStack()

    @cached_property
    def store(self) -> Store:
        """Where its rows are kept.

        Raises:
            WarehouseError: its location names no store.
        """
        return store_at(self.database)

    def keep_open(self) -> None:
        """Keep the file open after the first connection: opening it takes a tenth of a second."""
        self._is_kept_open = True

    def close(self) -> None:
        """Close the file, so that other processes can open it."""
        self._is_kept_open = False
        self.let_go()

    @contextmanager
    def read_only(self) -> Iterator[Backend]:
        """Open the warehouse for reading, and wait for nobody.

        Raises:
            WarehouseError: it is not there yet, or another process holds it.
            StorageError: a disk, memory or network error.
            EngineError: the engine rejected a query.
        """
        connection = self.store.open_to_read()
        with ExitStack() as until_closed:
            try:
                self._give_room(connection, until_closed)
                yield backend_of(connection)
            except duckdb.Error as error:
                _tell_plainly(error)
            finally:
                connection.close()

    def known_files(self) -> KnownFiles:
        """Return what is remembered of the lake's files."""
        return KnownFiles(Path(f"{self._local}.files"))

    @property
    def _spill(self) -> Path:
        """Where DuckDB puts rows for which there is no room in memory, for each session in a folder of its own."""
        return Path(f"{self._local}.tmp")

    def _give_room(self, connection: duckdb.DuckDBPyConnection, until_closed: ExitStack) -> None:
        """Give a session a folder for rows for which there is no room in memory. Two that share one read what the other has put there, without an error."""
        make_folder(self._spill)
        until_closed.callback(self._remove_spill)
        folder = until_closed.enter_context(own_folder(self._spill, "session_"))
        connection.execute(f"set temp_directory = {sql_text(str(folder))}")

    def _remove_spill(self) -> None:
        """Remove the folder of all sessions' folders when the last has gone."""
        with suppress(OSError):
            self._spill.rmdir()

    @property
    def _local(self) -> str:
        """Where on this machine its other files are, whose names begin alike."""
        return f"{self.published}.warehouse" if "://" in self.database else self.database

    @contextmanager
    def connect(self) -> Iterator[Backend]:
        """Open the warehouse for exclusive writing; wait for a process that holds it.

        It is closed at the end unless it is kept open, and after any error, so that a broken connection is never reused.

        Raises:
            WarehouseError: it is still locked after `lock_timeout`, has a different version, or the folder of published files is another's.
            StorageError: a disk, memory or network error.
            EngineError: the engine rejected a query.
            KeyboardInterrupt: a query was interrupted.
        """
        try:
            if self._held:
                self.store.refresh(self._held)
            else:
                self._held = self._opened()
            connection = self._held.cursor()
            yield backend_of(connection)
            connection.close()
        except duckdb.Error as error:
            self.let_go()
            _tell_plainly(error)
        except BaseException:
            self.let_go()
            raise
        if not self._is_kept_open:
            self.let_go()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        connection = self.store.open(self.lock_timeout, self.tell)
        try:
            self._give_room(connection, self._until_closed)
            use_usual_memory(connection)
            claim(connection, self.database, Path(self.published))
            for told in reconcile(connection, Path(self.published)):
                self.tell(told)
        except BaseException:
            connection.close()
            self._until_closed.close()
            raise
        return connection

    def let_go(self) -> None:
        """Close the file; whoever connects next opens it anew, and puts right what is not as the ledger says."""
        if self._held:
            # Closing writes what is in the log into the file; with the usual limit, that was measured at 300 MB more after a month of large batches.
            with suppress(duckdb.Error):
                use_little_memory(self._held)
            self._held.close()
            self._held = None
            self._until_closed.close()


def _tell_plainly(error: duckdb.Error) -> NoReturn:
    """Translate a DuckDB error into one of the project's own."""
    if isinstance(error, duckdb.InterruptException) or "Query interrupted" in str(error):
        raise KeyboardInterrupt from error
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        raise StorageError(str(error)) from error
    if isinstance(error, _QUOTE_VALUES):
        raise EngineError(_VALUE.sub("…", str(error).partition("\n\nLINE ")[0]).partition("\n")[0]) from None
    raise EngineError(str(error)) from error
