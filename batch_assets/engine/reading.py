"""Reading a raw source's days into the warehouse's temporary tables: `_raw`, and `_rejected` for lines that are no rows."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..errors import LakeError
from ..ingest.formats.lines import Unreadable
from ..ingest.lakefile import LakeFile, Version, content_version
from ..settings import settings
from .staging import RAW, REJECTED, REJECTED_SCHEMA, load

CLOSED = "closed"
"""The version of a day without a file, on which the store was closed."""


@dataclass
class Reading:
    """What was read of one raw file: its version (a hash of its bytes), its size in bytes, its lines, and those that are no rows."""

    source: str
    day: dt.date
    version: str
    size: int = 0
    rows: int = 0
    rejected: list[dict[str, object]] = field(default_factory=list)


def version_of(source: LakeFile, root: Path, day: dt.date) -> str:
    """Return the version of a day's file, or `CLOSED`.

    Raises:
        LakeError: there is no file, and the store was not closed.
    """
    return content_version(source.path(root, day)) if _exists(source, root, day) else CLOSED


def _exists(source: LakeFile, root: Path, day: dt.date) -> bool:
    """Say whether a day has a file; only a day on which the store was closed may have none.

    Raises:
        LakeError: there is no file, and the store was not closed.
    """
    path = source.path(root, day)
    if not path.exists() and day not in settings.closed_days:
        raise LakeError(
            f"lake.{source.name}: there is no file for {day}; expected {path}. "
            "Materialize the day when it has arrived, or, if the store was closed, add the day to the setting closed_days.",
            day=day,
        )
    return path.exists()


def measure(source: LakeFile, root: Path, day: dt.date) -> Reading:
    """Return what a day's file is, without reading its rows; a damaged file has the rows that it seems to have: none."""
    path = source.path(root, day)
    try:
        rows = source.count(root, day)
    except LakeError:
        rows = 0
    return Reading(source.name, day, content_version(path), path.stat().st_size, rows)


def read_lake(con: Backend, source: LakeFile, root: Path, days: Sequence[dt.date]) -> list[Reading]:
    """Read the files of `days` into `_raw`, in bounded memory; return what was read of each.

    Raises:
        LakeError: a file is missing, damaged or of another form.
    """
    readings = [Reading(source.name, day, CLOSED) for day in days]
    with _on_one_thread(con):
        load(con, RAW, source.schema, (batch for reading in readings for batch in _read(source, root, reading)))
    rejected = [line for reading in readings for line in reading.rejected]
    load(con, REJECTED, REJECTED_SCHEMA, iter([pa.RecordBatch.from_pylist(rejected, schema=REJECTED_SCHEMA)]))
    return readings


@contextmanager
def _on_one_thread(con: Backend) -> Iterator[None]:
    """Let the engine work on one thread: more would wait for each other at a stream of small blocks, and take a third longer."""
    ((threads,),) = con.con.execute("select current_setting('threads')").fetchall()
    con.con.execute("set threads = 1")
    try:
        yield
    finally:
        con.con.execute(f"set threads = {threads}")


def _read(source: LakeFile, root: Path, reading: Reading) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a day's file; tell `reading` what it is."""
    path, version = source.path(root, reading.day), Version()
    if not _exists(source, root, reading.day):
        return
    where = {"batch_date": reading.day, "source_file": str(path.relative_to(root))}

    def reject(line: Unreadable) -> None:
        reading.rejected.append({**where, "source_line": line.line, "reason": line.reason, "raw": line.raw})

    try:
        for batch in source.read(root, reading.day, reject, version):
            reading.rows += batch.num_rows
            yield batch
    except LakeError as error:
        error.day = reading.day
        raise
    reading.rows += len(reading.rejected)
    reading.version, reading.size = str(version), path.stat().st_size
    if not reading.rows and not source.may_be_empty:
        raise LakeError(
            f"{path}: the file has no rows. Ask for it again, or, if the store was closed, remove it and add {reading.day} to the setting closed_days.",
            day=reading.day,
        )
