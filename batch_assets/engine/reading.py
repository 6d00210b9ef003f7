"""Reading the days of a raw source into temporary tables: rows into `_raw`, and what is not a row into `_rejected`."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..errors import LakeError
from ..ingest.formats.format import Refused
from ..ingest.lakefile import LakeFile, Version, day_version, file_version
from ..partitions import is_closed
from .set_aside import SetAside
from .staging import RAW, REJECTED, REJECTED_SCHEMA, load

CLOSED = "closed"
"""The version of a day on which the store was closed, so that there is no file."""

GONE = "gone"
"""The version of a day that was there, and is no more."""


@dataclass(frozen=True)
class RawFile:
    """A raw file: its path below the lake's root, the hash of its bytes, and its size."""

    name: str
    version: str
    size: int


@dataclass
class Reading:
    """What was read of one day of a raw source.

    Attributes:
        source: the source's name.
        day: the batch day.
        version: a hash of the files' names and bytes, or `CLOSED`.
        size: bytes in all files.
        rows: rows in all files, readable or not.
        files: the files that were read.
    """

    source: str
    day: dt.date
    version: str
    size: int = 0
    rows: int = 0
    files: list[RawFile] = field(default_factory=list)


def version_of(source: LakeFile, root: Path, day: dt.date, version: Callable[[Path], str] = file_version) -> str:
    """Return the version of a day, or `CLOSED`; `version` returns that of a file, which may be known from before.

    Raises:
        LakeError: the day has not arrived, and the store was not closed.
    """
    files = files_of(source, root, day)
    return day_version(root, [(path, version(path)) for path in files]) if source.path(root, day).exists() else CLOSED


def files_of(source: LakeFile, root: Path, day: dt.date) -> list[Path]:
    """Return a day's files. Only a day on which the store was closed may have none.

    Raises:
        LakeError: the day has not arrived or is incomplete, and the store was not closed.
    """
    files = source.files(root, day)
    if not source.path(root, day).exists() and not is_closed(day):
        raise LakeError(
            f"lake.{source.name}: there is no file for {day}; expected {source.path(root, day)}. "
            "Materialize the day when it has arrived, or, if the store was closed, add the day to the setting closed_days.",
            day=day,
        )
    return files


def measure(source: LakeFile, root: Path, day: dt.date) -> Reading:
    """Return a day's version, size and row count without parsing its rows; a corrupt file counts as having none."""
    rows, versions = 0, list[tuple[Path, str]]()
    files = source.files(root, day)
    for path in files:
        try:
            count, version = source.count(path, day)
        except LakeError:
            count, version = 0, file_version(path)
        rows += count
        versions.append((path, version))
    return Reading(source.name, day, day_version(root, versions), _bytes(files), rows)


def read_lake(con: Backend, source: LakeFile, root: Path, days: Sequence[dt.date]) -> list[Reading]:
    """Read the files of `days` into `_raw` in bounded memory; return what was read for each day.

    Raises:
        LakeError: a file is missing or corrupt, or has a different form.
    """
    readings = [Reading(source.name, day, CLOSED) for day in days]
    _load(con, source, lambda rejected: (batch for reading in readings for batch in _read(source, root, reading, rejected)))
    return readings


def read_part(con: Backend, source: LakeFile, root: Path, day: dt.date, files: Sequence[Path]) -> Reading:
    """Read files of a day that has not ended into `_raw`; return what was read, which has no version.

    Raises:
        LakeError: a file is corrupt, or has a different form.
    """
    reading = Reading(source.name, day, "")
    _load(con, source, lambda rejected: rows_of(source, root, reading, files, rejected))
    return reading


def _load(con: Backend, source: LakeFile, rows: Callable[[SetAside], Iterator[pa.RecordBatch]]) -> None:
    """Put rows of a source into `_raw`, and what is set aside while they are read into `_rejected`."""
    with _on_one_thread(con), SetAside(REJECTED_SCHEMA) as rejected:
        load(con, RAW, source.schema, _ahead(rows(rejected)))
        load(con, REJECTED, REJECTED_SCHEMA, rejected.batches())


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches, of which another thread makes the next one while the engine takes in the last."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


@contextmanager
def _on_one_thread(con: Backend) -> Iterator[None]:
    """Run the engine on one thread: on a stream of small blocks, several threads wait for each other and take a third longer."""
    ((threads,),) = con.con.execute("select current_setting('threads')").fetchall()
    con.con.execute("set threads = 1")
    try:
        yield
    finally:
        con.con.execute(f"set threads = {threads}")


def _read(source: LakeFile, root: Path, reading: Reading, rejected: SetAside) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a day's files, set aside what is not a row, and record in `reading` what they were."""
    files = files_of(source, root, reading.day)
    yield from rows_of(source, root, reading, files, rejected)
    complete(source, root, reading, files)


def complete(source: LakeFile, root: Path, reading: Reading, files: Sequence[Path]) -> None:
    """Record what a day was whose files are read, and recorded; a day on which the store was closed stays as it is.

    Raises:
        LakeError: it has no rows.
    """
    if not source.path(root, reading.day).exists():
        return
    reading.version, reading.size = day_version(root, [(path, file.version) for path, file in zip(files, reading.files, strict=True)]), _bytes(files)
    if not reading.rows and not source.may_be_empty:
        raise LakeError(_without_rows(source, root, reading.day, files), day=reading.day)


def rows_of(source: LakeFile, root: Path, reading: Reading, files: Sequence[Path], rejected: SetAside) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some files, set aside what is not a row, and record in `reading` what was read of them.

    Raises:
        LakeError: a file is corrupt, or has a different form.
    """
    for path in files:
        version, where = Version(), {"batch_date": reading.day, "source_file": str(path.relative_to(root))}

        def reject(refused: Refused, where: dict[str, object] = where) -> None:
            reading.rows += 1
            rejected.add({**where, "source_line": refused.line, "reason": refused.reason, "raw": refused.raw})

        for batch in source.read(root, path, reading.day, reject, version):
            reading.rows += batch.num_rows
            yield batch
        reading.files.append(RawFile(str(path.relative_to(root)), str(version), path.stat().st_size))


def _without_rows(source: LakeFile, root: Path, day: dt.date, files: Sequence[Path]) -> str:
    if len(files) == 1:
        return f"{files[0]}: the file has no rows. Ask for it again, or, if the store was closed, remove it and add {day} to the setting closed_days."
    named = f"none of the day's files has rows: {', '.join(path.name for path in files[:5])}{' …' * (len(files) > 5)}" if files else "names no file"
    return f"{source.path(root, day)}: {named}. Ask for them again, or, if the store was closed, remove them and add {day} to the setting closed_days."


def _bytes(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files)
