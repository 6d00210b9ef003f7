"""The warehouse: one DuckDB file with one writing process at a time.

Belongs here: the connection, the wait for another process, the tables that every warehouse has, and the last step of
a publication that a crash may have left over. Does not belong here: what is published (`publish.py`).
"""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import ibis
from dagster_duckdb import DuckDBResource
from ibis.backends.duckdb import Backend
from pydantic import Field, PrivateAttr

from ..errors import WarehouseError
from ..settings import settings

SCHEMA_VERSION = 1

_SCHEMA = f"""
create schema if not exists quality;
create table if not exists quality.warehouse as select {SCHEMA_VERSION} as schema_version;
create sequence if not exists quality.publication;
create table if not exists quality.ledger (
    publication bigint default nextval('quality.publication'), asset varchar, batch_date date, rows_in bigint,
    rows_kept bigint, rows_rejected bigint, content varchar, inputs json, code varchar, run_id varchar, published_at timestamptz);
create table if not exists quality.quarantine (
    asset varchar, batch_date date, source_file varchar, source_line bigint, reason varchar, raw varchar);
create table if not exists quality.pending_files (staged varchar, final varchar);
create view if not exists quality.batches as
    select * from quality.ledger qualify row_number() over (partition by asset, batch_date order by publication desc) = 1;
"""


class Warehouse(DuckDBResource):
    """A DuckDB file that is only ever changed by whole, checked batches, and the folders that belong to it."""

    database: str = Field(default_factory=lambda: str(settings.warehouse), description="path of the DuckDB file")
    lake: str = Field(default_factory=lambda: str(settings.lake), description="folder of the raw daily files")
    published: str = Field(default_factory=lambda: str(settings.published), description="folder of the published Parquet files")
    models: str = Field(default_factory=lambda: str(settings.models), description="folder of the trained models")
    lock_timeout: float = Field(default_factory=lambda: settings.lock_timeout, description="seconds to wait for another process")

    _in_run: bool = PrivateAttr(default=False)
    _held: duckdb.DuckDBPyConnection | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Begin a run: its first table opens the file, which stays open for the next ones; each would take a tenth of a second for it."""
        self._in_run = True

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """End a run: other processes may have the file."""
        self._in_run = False
        self._close()

    @contextmanager
    def connect(self) -> Iterator[Backend]:
        """Open the warehouse for writing, alone; wait for a process that holds it.

        Within a run, it stays open until the run's end, or the first error: what is wrong with a connection ends with it.

        Raises:
            WarehouseError: it is still held after `lock_timeout`, or it is of another version.
        """
        self._held = self._held or self._opened()
        try:
            connection = self._held.cursor()
            connection.execute("set TimeZone = 'UTC'")
            yield ibis.duckdb.from_connection(connection)
            connection.close()
        except BaseException:
            self._close()
            raise
        if not self._in_run:
            self._close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        Path(self.database).parent.mkdir(parents=True, exist_ok=True)
        connection = _when_free(lambda: _open(self.database), self.database, self.lock_timeout)
        try:
            _ensure_schema(connection, self.database)
            for told in finish_files(connection).values():
                dg.get_dagster_logger().warning(told)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._held:
            self._held.close()
            self._held = None


def finish_files(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Rename the files of committed batches into place: those of this process, or of one that was killed in between.

    Returns:
        By path, why a file cannot be put into its place; it is tried again whenever the warehouse is opened.
    """
    left: dict[str, str] = {}
    for staged, final in connection.execute("from quality.pending_files").fetchall():
        try:
            if Path(staged).exists():
                Path(final).parent.mkdir(parents=True, exist_ok=True)
                Path(staged).replace(final)
        except OSError as error:
            left[final] = (
                f"{final}: the batch is published in the warehouse, but its file cannot be put into this place ({error}). "
                "Make room for it; the next run puts it there, and materializing the batch again tells Dagster of it."
            )
        else:
            connection.execute("delete from quality.pending_files where staged = ? and final = ?", [staged, final])
    return left


def _open(database: str) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(database)
    except duckdb.Error as error:
        if "version number" in str(error) or "not a valid DuckDB" in str(error):
            raise WarehouseError(
                f"{database}: not a warehouse that DuckDB {duckdb.__version__} can open ({error}). "
                "Use the DuckDB version that wrote it, or move the file away and materialize again."
            ) from error
        raise


def _when_free(connect: Callable[[], duckdb.DuckDBPyConnection], database: str, patience: float) -> duckdb.DuckDBPyConnection:
    """Call `connect` until no other process holds the file; say once whom it waits for.

    A lock of DuckDB is the operating system's and ends with its process, so a killed run leaves none behind.
    """
    started, pause, told = time.monotonic(), 0.05, False
    while True:
        try:
            return connect()
        except duckdb.IOException as error:
            if "Conflicting lock" not in str(error):
                raise
            holder = re.search(r"held in (.+?\(PID \d+\))", str(error), re.DOTALL)
            who = holder[1] if holder else "another process"
            if time.monotonic() - started > patience:
                raise WarehouseError(
                    f"{database}: still held by {who} after {patience:.0f} s. End that process, or run this again when it is done; nothing was written."
                ) from error
            if not told:
                dg.get_dagster_logger().info(f"{database} is held by {who}; waiting for up to {patience:.0f} s.")
                told = True
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, 2.0)


def _ensure_schema(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    connection.begin()
    try:
        connection.execute(_SCHEMA)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    (found,) = connection.execute("select schema_version from quality.warehouse").fetchall()[0]
    if found != SCHEMA_VERSION:
        raise WarehouseError(
            f"{database}: a warehouse of schema version {found}, and this code writes version {SCHEMA_VERSION}. "
            "Use the code that wrote it, or move the file away and materialize again: the lake has all it takes."
        )
