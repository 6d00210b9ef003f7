"""The warehouse: one DuckDB file, written by one process at a time, and the folders that belong to it.

Belongs here: the connection, waiting for the lock, and translating DuckDB's errors for
code that does not depend on it. Does not belong here: what is published (`publication.py`), and the
tables that every warehouse has (`schema.py`).
"""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import duckdb
from ibis.backends.duckdb import Backend

from ..engine.ibis_private import backend_of
from ..errors import EngineError, StorageError, WarehouseError
from ..ingest.known_files import KnownFiles
from .owner import claim
from .permissions import OWNERS_FILE, make_file, make_folder
from .reconcile import reconcile
from .schema import ensure_schema, forget_dropped
from .transaction import use_little_memory

_QUOTE_VALUES = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
"""DuckDB's errors that quote values of rows, any of which may be private."""

_VALUE = re.compile(r"""(['"]).*\1|['"].*|(?<=value )\S+""", re.DOTALL)
"""What may be a value: whatever stands in quotes, to the last one, since a value may have quotes in it; and a number."""


class Warehouse:
    """A DuckDB file that is changed only by publishing checked batches atomically, and the folders that belong to it."""

    def __init__(self, database: str, lake: str, published: str, models: str, lock_timeout: float, tell: Callable[[str], None] | None = None) -> None:
        """Store the locations; nothing is opened yet.

        Args:
            database: path of the DuckDB file.
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
        """
        try:
            connection = duckdb.connect(self.database, read_only=True)
        except duckdb.IOException as error:
            why = "held by another process" if "Conflicting lock" in str(error) else "not there yet"
            raise WarehouseError(f"{self.database}: {why}.") from error
        try:
            yield backend_of(connection)
        finally:
            connection.close()

    def known_files(self) -> KnownFiles:
        """Return what is remembered of the lake's files."""
        return KnownFiles(Path(f"{self.database}.files"))

    @property
    def _spill(self) -> Path:
        """Where DuckDB puts rows for which there is no room in memory, by its own default."""
        return Path(f"{self.database}.tmp")

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
            self._held = self._held or self._opened()
            make_file(Path(f"{self.database}.wal"))
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
        if not self.database or Path(self.database).name.startswith(":memory:"):
            raise WarehouseError(f"a warehouse {self.database!r} keeps nothing when its process ends. Name a file in the setting warehouse.")
        make_folder(Path(self.database).parent)
        make_folder(self._spill)
        connection = self._when_free()
        try:
            ensure_schema(connection, self.database)
            forget_dropped(connection)
            claim(connection, self.database, Path(self.published))
            for told in reconcile(connection, Path(self.published)):
                self.tell(told)
        except BaseException:
            connection.close()
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
            with suppress(OSError):
                self._spill.rmdir()

    def _when_free(self) -> duckdb.DuckDBPyConnection:
        """Open the file as soon as no other process holds it, retrying with backoff and jitter; report the holder once.

        DuckDB uses an operating-system lock, which ends with its process, so a killed run leaves no lock behind.
        """
        started, pause, told = time.monotonic(), 0.05, False
        while True:
            try:
                return _open(self.database)
            except duckdb.IOException as error:
                if "Conflicting lock" not in str(error):
                    raise
                holder = re.search(r"held in (.+?\(PID \d+\))", str(error), re.DOTALL)
                who = holder[1] if holder else "another process"
                if time.monotonic() - started > self.lock_timeout:
                    raise WarehouseError(
                        f"{self.database}: still held by {who} after {self.lock_timeout:.0f} s. "
                        "End that process, or run this again when it is done; nothing was written."
                    ) from error
                if not told:
                    self.tell(f"{self.database} is held by {who}; waiting for up to {self.lock_timeout:.0f} s.")
                    told = True
                time.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, 2.0)


def _tell_plainly(error: duckdb.Error) -> NoReturn:
    """Translate a DuckDB error into one of the project's own."""
    if isinstance(error, duckdb.InterruptException) or "Query interrupted" in str(error):
        raise KeyboardInterrupt from error
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        raise StorageError(str(error)) from error
    if isinstance(error, _QUOTE_VALUES):
        raise EngineError(_VALUE.sub("…", str(error).partition("\n\nLINE ")[0]).partition("\n")[0]) from None
    raise EngineError(str(error)) from error


def _open(database: str) -> duckdb.DuckDBPyConnection:
    is_new = not Path(database).exists()
    try:
        connection = duckdb.connect(database)
        if is_new:
            Path(database).chmod(OWNERS_FILE)
            make_file(Path(f"{database}.wal"))
        return connection
    except duckdb.Error as error:
        if "version number" in str(error) or "not a valid DuckDB" in str(error):
            raise WarehouseError(
                f"{database}: not a warehouse that DuckDB {duckdb.__version__} can open ({error}). "
                "Use the DuckDB version that wrote it, or move the file and the folder of published files away and materialize again."
            ) from error
        raise
