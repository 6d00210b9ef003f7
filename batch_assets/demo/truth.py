"""The truth: which household each record of each department is of. The pipeline never reads it; tests do.

Belongs here: the structure of the file. Does not belong here: what identifies a record (the departments).
"""

import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .departments import Department
from .files import write
from .source import Source

_SCHEMA = pa.schema([("department", pa.string()), ("day", pa.date32()), ("key", pa.string()), ("household_id", pa.int64())])


def truth_beside(manifest: Path) -> Path:
    """Return the path of the file: it lies beside the manifest."""
    return manifest.with_name("truth.parquet")


def write_truth(path: Path, source: Source, others: Mapping[str, Department], days: Sequence[dt.date]) -> None:
    """Write the truth about all records of some days; a receipt's key is its number."""
    content = io.BytesIO()
    pq.write_table(pa.Table.from_batches(_batches(source, others, days), _SCHEMA), content, compression="zstd")
    write(path, content.getvalue())


def _batches(source: Source, others: Mapping[str, Department], days: Sequence[dt.date]) -> Iterator[pa.RecordBatch]:
    for day in days:
        receipts = source.sales(day).group_by(["receipt_id", "household_id"], use_threads=False).aggregate([])
        yield _batch("sales", day, receipts["receipt_id"].cast(pa.string()).to_pylist(), receipts["household_id"].to_pylist())
        for name, department in others.items():
            found = department.truth(day)
            yield _batch(name, day, [key for key, _ in found], [household for _, household in found])


def _batch(name: str, day: dt.date, keys: list[str], households: list[int]) -> pa.RecordBatch:
    named = [pa.repeat(name, len(keys)), pa.repeat(pa.scalar(day, pa.date32()), len(keys))]
    return pa.RecordBatch.from_arrays([*named, pa.array(keys, pa.string()), pa.array(households, pa.int64())], schema=_SCHEMA)
