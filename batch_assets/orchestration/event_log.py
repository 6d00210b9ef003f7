"""Dagster's SQLite storage, with an event log that keeps its files open. `dagster.yaml` refers to it.

Dagster's own event log opens and closes its files for each event, and each commit waits for the disk; that is most of the
cost of an event. Here a file is opened once, and a commit does not wait for the disk (`synchronous=NORMAL`, which SQLite
recommends for write-ahead logs). A killed process loses nothing; a power failure loses at most the last events of Dagster's
log. What was published is in the ledger, which the warehouse writes in its own transactions. A file that is closed, at the latest
when its process ends, leaves no write-ahead log: SQLite would leave one of 4 MB for each run.

The files are in Dagster's format, so its own storage can read and write them too.
"""

import os
import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from .dagster_private import SQLITE_BUSY_TIMEOUT_SECONDS, ConfigurableClassData, EventLogFiles, SqliteStorage, event_logs_directory

MOST_OPEN = 8
"""The maximum number of open files: the index of all runs, and the most recently used runs."""


class OpenEventLog(EventLogFiles):
    """Dagster's event log, one file per run and an index of all runs; files in use stay open."""

    def __init__(self, base_dir: str) -> None:
        """Open the log in a folder."""
        self._connections: dict[str, Connection] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir)
        weakref.finalize(self, _close_at_exit, self._connections, os.getpid())

    @contextmanager
    def connected(self, shard: str) -> Iterator[Connection]:
        """Yield a connection to a file, inside a transaction; the connection stays open for the next one."""
        with self.alone():
            connection = self._connections.pop(shard, None) or self._opened(shard)
            self._connections[shard] = connection
            before = _changes(connection)
            with connection.begin():
                yield connection
            if _changes(connection) > before:
                # Watchers of a run, such as the UI, react to changes of this file; the change itself is in the write-ahead log next to it.
                os.utime(self.path_for_shard(shard))

    def _opened(self, shard: str) -> Connection:
        while len(self._connections) >= MOST_OPEN:
            _close(self._connections.pop(next(iter(self._connections))))
        shared = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        engine = create_engine(self.conn_string_for_shard(shard), poolclass=NullPool, connect_args=shared)
        self.make_tables(shard, engine)
        connection = engine.connect()
        connection.execute(text("pragma synchronous = normal"))
        connection.commit()
        return connection

    def has_table(self, table_name: str) -> bool:
        """Say whether the index has a table. Cached once it exists: Dagster asks for each event."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        """Remove all events."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close the log."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self.alone():
            while self._connections:
                _close(self._connections.popitem()[1])


class OpenSqliteStorage(SqliteStorage):
    """Dagster's storage of runs, schedules and events in one folder, with an `OpenEventLog` for the events."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the storage in a folder, with the same files as Dagster's own."""
        super().__init__(base_dir, inst_data)
        self.keep_events_in(OpenEventLog(event_logs_directory(base_dir)))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "OpenSqliteStorage":
        """Open the storage as `dagster.yaml` says."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _changes(connection: Connection) -> int:
    """Return the total number of rows changed through a connection."""
    sqlite = connection.connection.driver_connection
    return int(sqlite.total_changes) if sqlite else 0


def _close(connection: Connection) -> None:
    """Close a file, and empty its write-ahead log, also if another process has the file open; if one is writing, leave that to it."""
    with suppress(sqlite3.Error, SQLAlchemyError):
        sqlite = connection.connection.driver_connection
        if sqlite:
            sqlite.execute("pragma busy_timeout = 0")
            sqlite.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def _close_at_exit(connections: dict[str, Connection], process: int) -> None:
    """Close what is open, unless this is a copy of the process that opened it: SQLite's connections do not survive a fork."""
    while connections and os.getpid() == process:
        _close(connections.popitem()[1])
