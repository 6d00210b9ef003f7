"""All uses of Dagster's private API are in this module. `pyproject.toml` pins Dagster to its minor version.

`batch_assets_tests/orchestration/test_dagster_private.py` shows which of them a new version has broken.
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
    """Dagster's event log: one file (shard) per run and an index of all runs. Subclasses decide how to open the files."""

    def connected(self, shard: str) -> AbstractContextManager[Connection]:
        """Return a connection to a file, inside a transaction."""
        raise NotImplementedError

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self.connected(shard) as connection:
            yield connection

    def alone(self) -> AbstractContextManager[object]:
        """Return the lock that guards the files."""
        return self._db_lock

    def make_tables(self, shard: str, engine: Engine) -> None:
        """Create the tables of a file, if they do not exist yet."""
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)


class SqliteStorage(DagsterSqliteStorage):
    """Dagster's SQLite storage, with a replaceable event log."""

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
