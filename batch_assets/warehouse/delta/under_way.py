"""Files under way: an engine's workers write them into a table, and nobody sees them before a commit names them. What none names is removed.

A claim, a file in the folder `staging`, which the workers see as well, says under which name they write. Its process holds its lock; so whoever
opens the store finds the claims of processes that were killed, and removes what they left, by name. A worker that comes too late finds that
the claim is gone, and takes its file back. Does not belong here: what has no claim (`upkeep.py`).
"""

import datetime as dt
import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler

from ...errors import StorageError
from ...settings import settings
from ..permissions import make_folder
from .parquet import DAY, write
from .session import open_session

_CLAIM, _LEFT = ".writing", ".left"
"""What a claim's name ends in: while files may be written, and when they are being removed."""


@dataclass(frozen=True)
class PutIntoTable:
    """Writes files into a table; it is sent to the workers.

    Attributes:
        location: the store's folder or URL.
        table: the table's folder or URL.
        claim: the claim.
    """

    location: str
    table: str
    claim: Path

    def session(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection that reaches the store."""
        return open_session(self.location)

    def write(self, connection: duckdb.DuckDBPyConnection, rows: str, day: dt.date, count: int) -> tuple[str, int]:
        """Write the rows of a day that a relation has into a file of its own, which is on the disk then."""
        try:
            file = write(connection, self.table, {DAY: day}, rows, f"{self.claim.stem}-{uuid4().hex}.parquet", count)
        except (OSError, duckdb.IOException, duckdb.HTTPException) as error:
            raise StorageError(f"{self.table}: {error}") from error
        if not self.claim.exists():
            _remove(self.table, [file.path])
            raise StorageError(f"{self.table}: the process that asked for rows of {day} has ended.")
        return file.path, file.size


@contextmanager
def under_way(location: str, table: str, since: int) -> Iterator[PutIntoTable]:
    """Give what writes into a table; remove in the end what no commit after a version has named."""
    make_folder(settings.staging)
    claim = settings.staging / f"{uuid4().hex}{_CLAIM}"
    with claim.with_suffix("").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"table": table, "since": since}, file)
        file.flush()
        claim.with_suffix("").replace(claim)
        try:
            yield PutIntoTable(location, table, claim)
        finally:
            # What cannot be removed now, the next one to open the store removes.
            with suppress(OSError, duckdb.Error, DeltaError):
                _close(location, claim)


def remove_leftovers(location: str) -> None:
    """Remove what processes left in the tables of a store that were killed.

    Raises:
        StorageError: a disk or network error.
    """
    for claim in sorted([*settings.staging.glob(f"*{_CLAIM}"), *settings.staging.glob(f"*{_LEFT}")]):
        with suppress(FileNotFoundError), claim.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if json.load(file)["table"].startswith(f"{location}/"):
                _close(location, claim)


def _close(location: str, claim: Path) -> None:
    """Let no worker write any more, and remove the files that no commit names."""
    left = claim.with_suffix(_LEFT)
    claim.replace(left)
    told = json.loads(left.read_text())
    with open_session(location) as connection:
        _remove(told["table"], _unnamed(connection, told["table"], left.stem, told["since"]))
    left.unlink()


def _unnamed(connection: duckdb.DuckDBPyConnection, table: str, name: str, since: int) -> Sequence[str]:
    """Return the files of a name, from the table's folder on, that no commit after a version names."""
    found = connection.execute("select file from glob(?)", [f"{table}/{DAY}=*/{name}-*"]).fetchall()
    log = connection.execute("select file from glob(?)", [f"{table}/_delta_log/*.json"]).fetchall()
    commits = [file for (file,) in log if (number := Path(file).stem).isdigit() and int(number) > since]
    paths = 'select unnest(regexp_extract_all(content, \'"path":"([^"]*)"\', 1)) from read_text(?)'
    named = {path for (path,) in connection.execute(paths, [commits]).fetchall()} if commits else set()
    return sorted({"/".join(file.split("/")[-2:]) for (file,) in found} - named)


def _remove(table: str, paths: Sequence[str]) -> None:
    for path in paths:
        DeltaStorageHandler(table).delete_file(path)
