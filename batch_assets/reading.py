"""Reading a raw source's days into the warehouse's temporary tables: `_raw`, and `_rejected` for lines that are no rows."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from .errors import LakeError
from .lakefile import LakeFile, Unreadable, content_version
from .settings import settings
from .staging import RAW, REJECTED, REJECTED_SCHEMA, load

CLOSED = "closed"
"""The version of a day without a file, on which the store was closed."""


@dataclass
class Reading:
    """What was read of one raw file: its version (a hash of its bytes), its size and its rows, accepted or not."""

    source: str
    day: dt.date
    version: str
    size: int
    rows: int = 0


def version_of(source: LakeFile, root: Path, day: dt.date) -> str:
    """Return the version of a day's file: the hash of its bytes, or `CLOSED`.

    Raises:
        LakeError: there is no file, and the store was not closed.
    """
    path = source.path(root, day)
    if path.exists():
        return content_version(path)
    if day in settings.closed_days:
        return CLOSED
    raise LakeError(
        f"lake.{source.name}: there is no file for {day}; expected {path}. "
        "Materialize the day when it has arrived, or, if the store was closed, add the day to the setting closed_days."
    )


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
        LakeError: a file is missing, damaged, of another form, or was changed while it was read.
    """
    readings: list[Reading] = []
    rejected: list[dict[str, object]] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for day in days:
            reading = Reading(source.name, day, version_of(source, root, day), 0)
            readings.append(reading)
            if reading.version == CLOSED:
                continue
            path = source.path(root, day)
            reading.size = path.stat().st_size
            bad: list[Unreadable] = []
            for batch in source.read(root, day, bad.append):
                reading.rows += batch.num_rows
                yield batch
            reading.rows += len(bad)
            where = {"batch_date": day, "source_file": str(path.relative_to(root))}
            rejected.extend({**where, "source_line": line.line, "reason": line.reason, "raw": line.raw} for line in bad)
            if not reading.rows and not source.may_be_empty:
                raise LakeError(
                    f"{path}: the file has no rows. Ask for it again, or, if the store was closed, remove it and add {day} to the setting closed_days."
                )
            if content_version(path) != reading.version:
                raise LakeError(f"{path}: the file was changed while it was read. Materialize the day again.")

    load(con, RAW, source.schema, batches())
    load(con, REJECTED, REJECTED_SCHEMA, iter([pa.RecordBatch.from_pylist(rejected, schema=REJECTED_SCHEMA)]))
    return readings
