"""The Parquet files of prediction tables: one a batch, and one with the latest batch, for readers that must not wait.

A file is staged under its publication's number before the commit, renamed into its place after it, and carries the
publication and the content hash of its batch in its key-value metadata: so it can be told whether it is what the ledger says.
Does not belong here: which files should be there (`reconcile.py`).
"""

import datetime as dt
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from .permissions import make_folder

_STAGED = re.compile(r"\.\d{4}-\d\d-\d\d(\.\d+)?\.staged")
_FINAL = re.compile(r"(\d{4}-\d\d-\d\d)\.parquet")


@dataclass(frozen=True)
class Stamp:
    """What a file says of itself: the publication and the content hash of its batch."""

    publication: int
    content: str


@dataclass(frozen=True)
class BatchFiles:
    """Where the files of one table lie.

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
        """Return the place of a batch's file."""
        return self.folder / f"{day}.parquet"

    def staged(self, day: dt.date, publication: int) -> Path:
        """Return the place of a batch's file before its publication is committed."""
        return self.folder / f".{day}.{publication}.staged"

    def days_there(self) -> Iterator[dt.date]:
        """Yield the days that have a file."""
        yield from (dt.date.fromisoformat(found[1]) for path in self._entries() if (found := _FINAL.fullmatch(path.name)))

    def all_staged(self) -> Iterator[Path]:
        """Yield the files that wait for their place, or were left there."""
        yield from (path for path in self._entries() if _STAGED.fullmatch(path.name))
        yield from self.latest.parent.glob(f".{self.table}.*.staged")

    def _entries(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.is_dir() else []


def tables_with_files(root: Path) -> list[str]:
    """Return the names of the tables that have files of batches, or of a latest batch."""
    folders = [path for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []
    batches = [folder.name for folder in folders if any(_FINAL.fullmatch(path.name) or _STAGED.fullmatch(path.name) for path in folder.iterdir())]
    return batches + [path.stem for path in sorted((root / "latest").glob("*.parquet")) if stamp_of(path)]


def write(connection: duckdb.DuckDBPyConnection, rows: str, path: Path, stamp: Stamp, order: list[str]) -> None:
    """Write a batch as a file, which is on the disk when this returns.

    Args:
        connection: the warehouse.
        rows: a relation, with its conditions, as SQL.
        path: the file.
        stamp: what the file says of itself.
        order: the columns by which its rows are sorted.
    """
    make_folder(path.parent)
    by = ", ".join(f'"{column}"' for column in order)
    stamped = f"kv_metadata {{publication: '{stamp.publication}', content: '{stamp.content}'}}"
    connection.execute(f"copy (from {rows} order by {by}) to {_text(path)} (format parquet, compression zstd, {stamped})")
    _sync(path)


def put(staged: Path, final: Path) -> None:
    """Rename a staged file into its place."""
    make_folder(final.parent)
    staged.replace(final)
    _sync(final.parent)


def copy(source: Path, final: Path, publication: int) -> None:
    """Put a copy of a file into another place, whole."""
    staged = final.with_name(f".{final.stem}.{publication}.staged")
    make_folder(staged.parent)
    shutil.copyfile(source, staged)
    _sync(staged)
    put(staged, final)


def stamp_of(path: Path) -> Stamp | None:
    """Return what a file says of itself; None if it is not there, is damaged, or says nothing."""
    try:
        told: Mapping[bytes, bytes] = pq.read_metadata(path).metadata or {}
        return Stamp(int(told[b"publication"]), told[b"content"].decode())
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(path: Path) -> str:
    """Return a path as SQL."""
    return "'" + str(path).replace("'", "''") + "'"
