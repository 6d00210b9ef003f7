"""Raw files that Spark's workers read, a file each: rows, and what is no row, go into files, and what was read is told.

Belongs here: what runs in a worker for that, and what is made of what it tells. Does not belong here: how a file is read (`../reading.py`).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from ...errors import LakeError, StorageError
from ...ingest.lakefile import LakeFile
from ...settings import settings
from ..quoting import listed
from ..reading import CLOSED, RawFile, Reading, complete, files_of, rows_of
from ..set_aside import SetAside
from ..staging import RAW, REJECTED, REJECTED_SCHEMA
from .handing import TOLD, rejected_rows
from .session import session

_ROWS, _NONE = ".raw", ".no_rows"


@dataclass(frozen=True)
class ReadingFiles:
    """What goes to the workers to read raw files.

    Attributes:
        source: the source.
        root: the lake's root.
        files: the batch day and path of each file.
        folder: where what is read goes.
        salt: the setting by which those are recognized who are erased.
    """

    source: LakeFile
    root: Path
    files: Sequence[tuple[dt.date, Path]]
    folder: Path
    salt: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Read the files of a task, by their numbers; yield what is told of each."""
        settings.pseudonym_salt = self.salt
        for batch in batches:
            for number in batch["id"].to_pylist():
                yield pa.RecordBatch.from_pydict({"told": [json.dumps({"number": number, **self._read(*self.files[number])})]})

    def _read(self, day: dt.date, path: Path) -> dict[str, object]:
        reading, stem = Reading(self.source.name, day, ""), str(self.folder / uuid4().hex)
        try:
            with SetAside(REJECTED_SCHEMA) as rejected:
                with pq.ParquetWriter(stem + _ROWS, self.source.schema) as rows:
                    for batch in rows_of(self.source, self.root, reading, [path], rejected):
                        rows.write_batch(batch)
                with pq.ParquetWriter(stem + _NONE, REJECTED_SCHEMA) as none:
                    for batch in rejected.batches():
                        none.write_batch(batch)
        except LakeError as error:
            return {"refused": str(error)}
        except OSError as error:
            told = f"a worker cannot read it, or cannot write what it has read: {error.strerror or error}"
            raise StorageError(f"{path}: {told}. Workers need the lake and the folder staging under the same paths as the process that publishes.") from None
        (file,) = reading.files
        return {"rows": reading.rows, "file": asdict(file), "stem": stem}


def read_by_workers(con: Backend, source: LakeFile, root: Path, days: Sequence[dt.date], folder: Path) -> tuple[list[Reading], list[str]]:
    """Let workers read the files of `days` into files of a folder that all machines see, of which `_raw` is a view; return what was read, and the files.

    Raises:
        LakeError: a file is missing or corrupt, or has a different form; of several, the first one is told.
    """
    readings, of_days = [Reading(source.name, day, CLOSED) for day in days], [files_of(source, root, day) for day in days]
    files = [(day, path.absolute()) for day, its in zip(days, of_days, strict=True) for path in its]
    told = iter(_told(ReadingFiles(source, root.absolute(), files, folder, settings.pseudonym_salt)))
    stems = list[str]()
    for reading, its in zip(readings, of_days, strict=True):
        for read in islice(told, len(its)):
            if "refused" in read:
                raise LakeError(read["refused"], day=reading.day)
            reading.rows += read["rows"]
            reading.files.append(RawFile(**read["file"]))
            stems.append(read["stem"])
        complete(source, root, reading, its)
    raw = [_empty(source, folder), *(stem + _ROWS for stem in stems)]
    con.con.execute(f"create or replace temp view {RAW} as from read_parquet({listed(raw)})")
    con.con.execute(f"create or replace temp table {REJECTED} as {rejected_rows([stem + _NONE for stem in stems])}")
    return readings, raw


def _told(reading: ReadingFiles) -> list[dict[str, Any]]:
    """Return what workers tell of each file, in the order of the files."""
    if not reading.files:
        return []
    numbers = session().range(0, len(reading.files), 1, len(reading.files))
    told = numbers.mapInArrow(reading, TOLD).toArrow()[0].to_pylist()
    return sorted(map(json.loads, told), key=lambda read: read["number"])


def _empty(source: LakeFile, folder: Path) -> str:
    """Write a file without rows, since Spark knows the columns of none."""
    path = str(folder / f"nothing{_ROWS}")
    pq.write_table(source.schema.empty_table(), path)
    return path
