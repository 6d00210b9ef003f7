"""Files that lie where all workers reach them, by path or URL: Beam knows the stores."""

from collections.abc import Iterable
from pathlib import Path
from shutil import copyfileobj

import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

_BYTES, _AS_IS = "application/octet-stream", CompressionTypes.UNCOMPRESSED
"""What Beam is told of a file: it would unpack one whose name ends with .gz."""


def fetch(root: str, patterns: Iterable[str], folder: Path) -> None:
    """Copy what matches some patterns below a root into a folder, with its path below the root."""
    root = root.rstrip("/")
    for found in FileSystems.match([f"{root}/{pattern}" for pattern in patterns]):
        for each in found.metadata_list:
            copy = folder / each.path.removeprefix(f"{root}/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            with FileSystems.open(each.path, _BYTES, _AS_IS) as there, copy.open("wb") as here:
                copyfileobj(there, here)


def write_rows(rows: pa.Table, path: str) -> None:
    """Write rows as a Parquet file."""
    with FileSystems.create(path, _BYTES, _AS_IS) as file:
        pq.write_table(rows, file)


def read_rows(path: str) -> pa.Table:
    """Read a Parquet file whole."""
    with FileSystems.open(path, _BYTES, _AS_IS) as file:
        return pq.read_table(pa.py_buffer(file.read()))
