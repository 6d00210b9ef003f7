"""A DuckDB file as a store: opened by one process at a time, which others wait for, and changed by its transactions.

Belongs here: the file, and its lock. Does not belong here: what its tables become (`commit.py`).
"""

import random
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import duckdb

from ..engine.open_store import OpenStore
from ..errors import WarehouseError
from .commit import commit, next_publication
from .permissions import OWNERS_FILE, make_file, make_folder
from .prune_ledger import prune_ledger
from .record import Record, enter
from .schema import ensure_schema, forget_dropped
from .stored import Stored
from .transaction import transaction


class DuckDBFile:
    """A DuckDB file."""

    next_publication = staticmethod(next_publication)
    commit = staticmethod(commit)
    prune = staticmethod(prune_ledger)

    def __init__(self, database: str) -> None:
        """Take the file's path; it is not opened yet."""
        self._database = database

    def exists(self) -> bool:
        """Say whether the file is there."""
        return Path(self._database).exists()

    def open(self, lock_timeout: float, tell: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        """Open the file as soon as no other process holds it, and bring the warehouse's own tables up to date."""
        make_folder(Path(self._database).parent)
        connection = self._when_free(lock_timeout, tell)
        try:
            ensure_schema(connection, self._database)
            forget_dropped(connection)
            self.refresh(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def open_to_read(self) -> duckdb.DuckDBPyConnection:
        """Open the file for reading; nobody can write to it meanwhile."""
        try:
            return duckdb.connect(self._database, read_only=True)
        except duckdb.IOException as error:
            why = "held by another process" if "Conflicting lock" in str(error) else "not there yet"
            raise WarehouseError(f"{self._database}: {why}.") from error

    def refresh(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Do nothing but make the log's file, for its owner alone: nobody else publishes while the file is open."""
        make_file(log_of(Path(self._database)))

    def opened(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[OpenStore | None]:
        """Give nothing: one process has the file open, and no other reaches it."""
        return nullcontext()

    def forget_replaced(self, connection: duckdb.DuckDBPyConnection, spared: Collection[str]) -> Mapping[str, int]:
        """Do nothing: rows that are replaced are deleted. What the file keeps of them goes when it is compacted (`compact.py`)."""
        return {}

    def note(self, connection: duckdb.DuckDBPyConnection, record: Record) -> None:
        """Enter the record."""
        with transaction(connection):
            enter(connection, record)

    def objects(self) -> Iterator[Stored]:
        """Yield nothing."""
        return iter(())

    def _when_free(self, lock_timeout: float, tell: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        """Open the file as soon as no other process holds it, retrying with backoff and jitter; report the holder once.

        DuckDB uses an operating-system lock, which ends with its process, so a killed run leaves no lock behind.
        """
        started, pause, told = time.monotonic(), 0.05, False
        while True:
            try:
                return _open(self._database)
            except duckdb.IOException as error:
                if "Conflicting lock" not in str(error):
                    raise
                holder = re.search(r"held in (.+?\(PID \d+\))", str(error), re.DOTALL)
                who = holder[1] if holder else "another process"
                if time.monotonic() - started > lock_timeout:
                    raise WarehouseError(
                        f"{self._database}: still held by {who} after {lock_timeout:.0f} s. "
                        "End that process, or run this again when it is done; nothing was written."
                    ) from error
                if not told:
                    tell(f"{self._database} is held by {who}; waiting for up to {lock_timeout:.0f} s.")
                    told = True
                time.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, 2.0)


def log_of(path: Path) -> Path:
    """Return where DuckDB keeps the log of a file: what was committed and is not in it yet."""
    return path.with_name(f"{path.name}.wal")


def remove(path: Path) -> None:
    """Remove a file of DuckDB's, and its log, if they are there."""
    for left in (path, log_of(path)):
        left.unlink(missing_ok=True)


def _open(database: str) -> duckdb.DuckDBPyConnection:
    is_new = not Path(database).exists()
    try:
        connection = duckdb.connect(database)
        if is_new:
            Path(database).chmod(OWNERS_FILE)
            make_file(log_of(Path(database)))
        return connection
    except duckdb.Error as error:
        if "version number" in str(error) or "not a valid DuckDB" in str(error):
            raise WarehouseError(
                f"{database}: not a warehouse that DuckDB {duckdb.__version__} can open ({error}). "
                "Use the DuckDB version that wrote it, or move the file and the folder of published files away and materialize again."
            ) from error
        raise
