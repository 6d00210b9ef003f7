"""A folder of Delta tables, LAYER/TABLE, each with a partition for every batch day, which one commit replaces with its record.

A session has a DuckDB of its own, in memory: the tables are views of the files that a version of each table names, so whoever reads
sees that version to the end, and the warehouse's own tables are made from what the commits say. Rejected rows are in the table
`quality/quarantine`, committed before those that were kept; they count if the ledger names their publication.

Belongs here: what is read from the logs, and what is committed. Does not belong here: the files of rows (`parquet.py`), and maintenance (`upkeep.py`).
"""

import datetime as dt
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from ...durable import sync
from ...engine.open_store import OpenStore
from ...engine.staging import KEPT, REJECTED
from ...errors import StorageError, WarehouseError
from ...partitions import name_days
from ..batch import Batch, Receipt, Target
from ..commit import check_columns
from ..permissions import make_folder
from ..prune_ledger import needed
from ..record import Record, enter, record_of
from ..schema import ensure_schema
from ..shown import show
from ..stored import Stored
from ..transaction import little_memory
from .forgetting import forget_replaced
from .objects import objects_at
from .open_tables import OpenTables
from .parquet import DAY, added, scan, write
from .said import HISTORY, commits_of, heard, history, said
from .session import open_session
from .under_way import remove_leftovers
from .upkeep import HOURS_UNDER_WAY, clean

Files: TypeAlias = list[AddAction | RemoveAction]
"""What a commit says of files."""

QUARANTINE = "quality.quarantine"
_QUARANTINE = pa.schema(
    [
        ("asset", pa.string()),
        (DAY, pa.date32()),
        ("publication", pa.int64()),
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        ("reason", pa.string()),
        ("raw", pa.string()),
    ]
)
_BY_ASSET = ["asset", DAY]

_OF_LOG = {"delta.enableExpiredLogCleanup": "false", "delta.logRetentionDuration": "interval 36500 days", "delta.dataSkippingNumIndexedCols": "0"}
"""The log is the ledger: Delta must not clean up what is older than a month. And it must not quote values of rows, which may be private."""

_COLOUR = re.compile(r"\x1b\[\d+m")

_ATTEMPTS = 20
"""So many times a commit is tried again that others came before, with other days; each time, one of them has got through."""

_UNDER_WAY = HOURS_UNDER_WAY * 3600 * 1_000_000
"""Microseconds for which a publication may be under way."""


class DeltaTables:
    """A folder of Delta tables, or a URL of one."""

    def __init__(self, location: str) -> None:
        """Take the location; nothing is opened yet."""
        self._location = location.rstrip("/") if "://" in location else str(Path(location).absolute())
        self._tables: dict[str, DeltaTable] = {}
        self._read: dict[str, int] = {}
        self._versions: dict[str, dict[int, int]] = {}

    def exists(self) -> bool:
        """Say whether there are tables."""
        return DeltaTable.is_deltatable(self._uri(QUARANTINE))

    def open(self, lock_timeout: float, tell: Callable[[str], None]) -> duckdb.DuckDBPyConnection:
        """Open a session; it waits for nobody, and nobody for it."""
        if "://" not in self._location:
            make_folder(Path(self._location))
        remove_leftovers(self._location)
        self._tables = {}  # Whoever moved tables away since they were read has taken this one, too.
        self._make(QUARANTINE, _QUARANTINE, _BY_ASSET)
        return self.session()

    def open_to_read(self) -> duckdb.DuckDBPyConnection:
        """Open a session beside the one that may be open."""
        if not self.exists():
            raise WarehouseError(f"{self._location}: not there yet.")
        return DeltaTables(self._location).session()

    def session(self) -> duckdb.DuckDBPyConnection:
        """Return a connection to a database in memory that shows the tables as they are."""
        connection = open_session(self._location)
        try:
            ensure_schema(connection, self._location)
            connection.execute("drop table quality.quarantine")
            self._tables, self._read, self._versions = {}, {}, {}
            self.refresh(connection)
            connection.execute("update quality.identity set identity = ?", [str(self._tables[QUARANTINE].metadata().id)])
        except BaseException:
            connection.close()
            raise
        return connection

    def refresh(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read what was committed since the last time."""
        for asset in self._there(connection):
            self._read_log(connection, asset)

    def next_publication(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Return the time in microseconds, or, if a clock is behind, the next number after all that was read; a counter would be one more thing to commit."""
        ((highest,),) = connection.execute("select coalesce(max(publication), 0) from quality.ledger").fetchall()
        return int(max(highest + 1, time.time_ns() // 1000))

    @contextmanager
    def opened(self, connection: duckdb.DuckDBPyConnection) -> Iterator[OpenStore]:
        """Give the tables as workers reach them; what they wrote and no commit names is removed in the end."""
        with ExitStack() as under_way:
            yield OpenTables(self._location, self._tables, under_way)

    def commit(self, connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, publication: int) -> None:
        """Replace the batches in one commit, whose metadata is their record."""
        days = [batch.day for batch in batches]
        before = _in_force(connection, target.asset, days)
        if target.asset in self._tables:
            check_columns(connection, target)
        self._make(target.asset, target.contract.arrow_schema(), [DAY])
        self._set_aside(connection, target, batches, publication)
        record = record_of(connection, target, batches, receipt, publication)
        if receipt.handed is None:
            with little_memory(connection):
                files: Files = [self._written(connection, target.asset, {DAY: batch.day}, KEPT, publication, batch.kept) for batch in batches if batch.kept]
        else:
            files = [added(file.path, file.size, {DAY: str(file.day)}, file.counted.rows) for file in receipt.handed.written]
        for _ in range(_ATTEMPTS):
            self._read_log(connection, target.asset)
            if taken := [day for day, number in _in_force(connection, target.asset, days).items() if number != before.get(day)]:
                raise WarehouseError(f"{self._location}: another process has published {name_days(taken)} meanwhile; nothing was written. Run this again.")
            if self._committed(target, days, files, said(record, target.contract.history())):
                self._read_log(connection, target.asset)
                self._sync(target.asset)
                return
        raise WarehouseError(f"{self._location}: other processes published {target.asset} {_ATTEMPTS} times meanwhile; nothing was written. Run this again.")

    def prune(self, connection: duckdb.DuckDBPyConnection, before: dt.datetime, *, is_executed: bool) -> Iterator[str]:
        """Yield a line for each table with files that nothing needs; remove them, if they may be."""
        by_table = needed(connection)
        if is_executed:
            self._forget_rejects(connection)
        for asset, table in sorted(self._tables.items()):
            with _told(self._uri(asset)):
                yield from clean(self._uri(asset), table, self._versions.get(asset, {}), by_table.get(asset, ()), before, is_executed=is_executed)

    def forget_replaced(self, connection: duckdb.DuckDBPyConnection, spared: Collection[str]) -> Mapping[str, int]:
        """Remove files of rows that were replaced, and what logs quote of rows, from all tables but some; whoever reads an older version must read anew."""
        self._forget_rejects(connection)
        removed: dict[str, int] = {}
        for asset in sorted(self._tables.keys() - {*spared}):
            with _told(self._uri(asset)):
                removed[asset] = forget_replaced(connection, self._uri(asset))
        self.refresh(connection)
        return {asset: count for asset, count in removed.items() if count}

    def note(self, connection: duckdb.DuckDBPyConnection, record: Record) -> None:
        """Commit the record, without rows, to the quarantine."""
        with _told(self._uri(QUARANTINE)):
            told = CommitProperties(custom_metadata=said(record, ()))
            self._tables[QUARANTINE].create_write_transaction([], "append", _QUARANTINE, _BY_ASSET, commit_properties=told)
        self._read_log(connection, QUARANTINE)
        self._sync(QUARANTINE)

    def objects(self) -> Iterator[Stored]:
        """Yield the objects of an object store; a folder has files."""
        return objects_at(self._location) if "://" in self._location else iter(())

    def _forget_rejects(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take rejected rows out of the quarantine whose batch was replaced, or that a publication left behind which was not finished."""
        files = scan(self._tables[QUARANTINE], self._uri(QUARANTINE))
        left = f"publication < {time.time_ns() // 1000 - _UNDER_WAY} or publication in (select publication from quality.ledger)"
        query = f"select distinct asset, {DAY}, publication from {files} anti join quality.batches using (asset, {DAY}, publication) where {left} order by all"
        for asset, rows in groupby(connection.execute(query).fetchall(), lambda row: row[0]):
            replaced = " or ".join(f"({DAY} = '{day}' and publication = {publication})" for _, day, publication in rows)
            with _told(self._uri(QUARANTINE)):
                self._tables[QUARANTINE].delete(f"asset = '{asset}' and ({replaced})")

    def _committed(self, target: Target, days: Sequence[dt.date], files: Files, metadata: Mapping[str, str]) -> bool:
        """Commit if nobody has since the table was read: delta-rs itself lets two writers add a day that was not there before."""
        with _told(self._uri(target.asset)):
            try:
                self._tables[target.asset].create_write_transaction(
                    files,
                    "overwrite",
                    target.contract.arrow_schema(),
                    [DAY],
                    [(DAY, "in", [str(day) for day in days])],
                    commit_properties=CommitProperties(custom_metadata=dict(metadata), max_commit_retries=0),
                )
            except CommitFailedError:
                return False
        return True

    def _set_aside(self, connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], publication: int) -> None:
        """Commit the rejected rows, which nobody sees until the ledger names their publication."""
        rows = f"(select '{target.asset}' as asset, {publication} as publication, * from {REJECTED})"
        files: Files = [
            self._written(connection, QUARANTINE, {"asset": target.asset, DAY: batch.day}, rows, publication, batch.rejected)
            for batch in batches
            if batch.rejected
        ]
        if files:
            with _told(self._uri(QUARANTINE)):
                self._tables[QUARANTINE].create_write_transaction(files, "append", _QUARANTINE, _BY_ASSET)

    def _written(
        self, connection: duckdb.DuckDBPyConnection, asset: str, partition: Mapping[str, object], rows: str, publication: int, count: int
    ) -> AddAction:
        return write(connection, self._uri(asset), partition, rows, f"{publication}.parquet", count)

    def _make(self, asset: str, schema: pa.Schema, partition_by: Sequence[str]) -> None:
        """Make a table unless it is there."""
        if asset not in self._tables:
            with _told(self._uri(asset)):
                self._tables[asset] = DeltaTable.create(self._uri(asset), schema, mode="ignore", partition_by=list(partition_by), configuration=_OF_LOG)

    def _there(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """Return the tables that are there: each has a first commit."""
        first = connection.execute("select file from glob(?) order by 1", [f"{self._location}/*/*/_delta_log/{0:020}.json"]).fetchall()
        return [".".join(file.split("/")[-4:-2]) for (file,) in first]

    def _read_log(self, connection: duckdb.DuckDBPyConnection, asset: str) -> None:
        """Enter the records of commits that were not read yet, and show the table as the last of them left it."""
        with _told(self._uri(asset)):
            if asset in self._tables:
                self._tables[asset].update_incremental()
            else:
                self._tables[asset] = DeltaTable(self._uri(asset))
            table, read = self._tables[asset], self._read.get(asset, -1)
            version = table.version()
        if version == read:
            return
        commits = commits_of(connection, self._uri(asset), read + 1, version)
        for number, commit in commits.items():
            record = heard(commit)
            enter(connection, record)
            self._versions.setdefault(asset, {}).update({int(str(row["publication"])): number for row in record.get("ledger", ())})
        layer, name = asset.split(".")
        files = scan(table, self._uri(asset))
        connection.execute(f"create schema if not exists {layer}")
        if asset == QUARANTINE:
            of_batches = f"{files} semi join quality.batches using (asset, {DAY}, publication)"
            connection.execute(f"create or replace view {asset} as select * exclude (publication) from {of_batches}")
        else:
            connection.execute(f'create or replace view {layer}."{name}" as from {files}')
            if asset not in self._read:
                connection.execute("insert into quality.tables values (?, 0)", [asset])
            for commit in [commit for commit in commits.values() if HISTORY in commit][-1:]:
                show(connection, layer, name, history(commit))
        self._read[asset] = version

    def _sync(self, asset: str) -> None:
        """Have the last commit on the disk, which delta-rs leaves to the operating system; an object store has it there when it says so."""
        if "://" not in self._location:
            log = Path(self._uri(asset)) / "_delta_log"
            sync(log / f"{self._read[asset]:020}.json")
            sync(log)

    def _uri(self, asset: str) -> str:
        return f"{self._location}/{asset.replace('.', '/')}"


def _in_force(connection: duckdb.DuckDBPyConnection, asset: str, days: Sequence[dt.date]) -> dict[dt.date, int]:
    """Return the publication of each day that has one."""
    query = "select batch_date, publication from quality.batches where asset = ? and batch_date in (select unnest(?::date[]))"
    return dict(connection.execute(query, [asset, list(days)]).fetchall())


@contextmanager
def _told(table: str) -> Iterator[None]:
    """Tell of what delta-rs could not do with a table."""
    try:
        yield
    except TableNotFoundError as error:
        raise WarehouseError(f"{table}: the table was removed while it was read. Run this again.") from error
    except DeltaError as error:
        raise WarehouseError(
            f"{table}: Delta's log cannot be read ({_plain(error)}). Restore the files of {table}/_delta_log, or move the table's folder away and "
            "materialize its batches again: everything can be rebuilt from the lake."
        ) from error
    except OSError as error:
        raise StorageError(f"{table}: {_plain(error)}") from error


def _plain(error: Exception) -> str:
    """Return the message of an error of delta-rs, which has colours and several lines, in one."""
    return " ".join(_COLOUR.sub("", str(error)).replace("↳", ":").split())
