"""The Parquet files of prediction tables: one per batch, and one with the latest batch, for readers that must never wait for a lock.

A file is staged under its publication number before the commit, and renamed into place afterwards. Its key-value metadata holds
the publication and the content hash of its batch, so it can be compared with the ledger.
Belongs here: paths, writing and reading files. Does not belong here: which files should be there (`reconcile.py`).
"""

import datetime as dt
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ..durable import sync
from ..engine.quoting import sql_text
from .permissions import make_folder

LAYER = "predictions"
"""The layer whose tables have files."""

_STAGED = re.compile(r"\.\d{4}-\d\d-\d\d(\.\d+)?\.staged")
_FINAL = re.compile(r"(\d{4}-\d\d-\d\d)\.parquet")


@dataclass(frozen=True)
class Stamp:
    """The stamp in a file's metadata: the publication and the content hash of its batch."""

    publication: int
    content: str


@dataclass(frozen=True)
class BatchFiles:
    """The paths of one table's files.

    Attributes:
        root: the folder of all published files.
        table: the table's name.
    """

    root: Path
    table: str

    @property
    def folder(self) -> Path:
        """The folder of the table's batches."""
        return self.root / self.table

    @property
    def latest(self) -> Path:
        """The file with the latest batch."""
        return self.root / "latest" / f"{self.table}.parquet"

    def final(self, day: dt.date) -> Path:
        """Return the final path of a batch's file."""
        return self.folder / f"{day}.parquet"

    def staged(self, day: dt.date, publication: int) -> Path:
        """Return the path of a batch's file until its publication is committed."""
        return self.folder / f".{day}.{publication}.staged"

    def days_there(self) -> Iterator[dt.date]:
        """Yield the days that have a file."""
        yield from (dt.date.fromisoformat(found[1]) for path in self._entries() if (found := _FINAL.fullmatch(path.name)))

    def all_staged(self) -> Iterator[Path]:
        """Yield the staged files, including those left over from a crash."""
        yield from (path for path in self._entries() if _STAGED.fullmatch(path.name))
        yield from self.latest.parent.glob(f".{self.table}.*.staged")

    def _entries(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []


def tables_with_files(root: Path) -> list[str]:
    """Return the names of the tables that have batch files or a latest file."""
    folders = [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
    batches = [folder.name for folder in folders if any(_FINAL.fullmatch(path.name) or _STAGED.fullmatch(path.name) for path in folder.iterdir())]
    return batches + [path.stem for path in sorted((root / "latest").glob("*.parquet")) if stamp_of(path)]


def write(connection: duckdb.DuckDBPyConnection, rows: str, path: Path, stamp: Stamp, order: list[str]) -> None:
    """Write a batch to a file and sync it to disk.

    Args:
        connection: the warehouse.
        rows: a relation and its filter, as SQL.
        path: the file.
        stamp: the stamp to store in the file's metadata.
        order: the columns to sort the rows by.
    """
    make_folder(path.parent)
    by = ", ".join(f'"{column}"' for column in order)
    stamped = f"kv_metadata {{publication: '{stamp.publication}', content: '{stamp.content}'}}"
    connection.execute(f"copy (from {rows} order by {by}) to {sql_text(path)} (format parquet, compression zstd, {stamped})")
    sync(path)


def put(staged: Path, final: Path) -> None:
    """Rename a staged file to its final path."""
    make_folder(final.parent)
    staged.replace(final)
    sync(final.parent)


def copy(source: Path, final: Path, publication: int) -> None:
    """Copy a file to another path, atomically."""
    staged = final.with_name(f".{final.stem}.{publication}.staged")
    make_folder(staged.parent)
    shutil.copyfile(source, staged)
    sync(staged)
    put(staged, final)


def stamp_of(path: Path) -> Stamp | None:
    """Return a file's stamp; None if the file is missing, corrupt or not stamped."""
    try:
        told: Mapping[bytes, bytes] = pq.read_metadata(path).metadata or {}
        return Stamp(int(told[b"publication"]), told[b"content"].decode())
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
