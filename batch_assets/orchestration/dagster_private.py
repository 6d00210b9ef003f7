"""The parts of Dagster that it does not promise to keep; nothing else here uses any. `pyproject.toml` pins Dagster to its minor version.

`batch_assets_tests/orchestration/test_dagster_private.py` says which of them a new version has broken.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from dagster._core.events import RunFailureReason
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine

event_logs_directory = _event_logs_directory


class EventLogFiles(SqliteEventLogStorage):
    """Dagster's event log, a file (a shard) for each run and an index of all, for a subclass that opens the files in its own way."""

    def connected(self, shard: str) -> AbstractContextManager[Connection]:
        """Return a connection to a file, in a transaction."""
        raise NotImplementedError

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self.connected(shard) as connection:
            yield connection

    def alone(self) -> AbstractContextManager[object]:
        """Return the lock under which the files are used."""
        return self._db_lock

    def make_tables(self, shard: str, engine: Engine) -> None:
        """Make the tables of a file, if they were not made before."""
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)


class SqliteStorage(DagsterSqliteStorage):
    """Dagster's storage in SQLite, whose event log may be another than its own."""

    def keep_events_in(self, log: SqliteEventLogStorage) -> None:
        """Replace the event log."""
        self._event_log_storage = log


__all__ = [
    "SQLITE_BUSY_TIMEOUT_SECONDS",
    "ConfigurableClassData",
    "DagsterSqliteStorage",
    "EventLogFiles",
    "RunFailureReason",
    "SqliteEventLogStorage",
    "SqliteStorage",
    "event_logs_directory",
]
