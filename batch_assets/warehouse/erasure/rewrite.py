"""Rewriting raw files that are ours, so that nothing of an erased person is in them. Each reads after it as it read before.

Does not belong here: what is left of a row (`ingest/erasures.py`), and how a format writes it (`ingest/formats/`).
"""

import datetime as dt
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ...durable import put
from ...errors import LakeError
from ...ingest.erasures import Emptied
from ...ingest.formats.format import Refused
from ...ingest.lakefile import LakeFile


def rewrite(source: LakeFile, lake: Path, file: str, day: dt.date, beside: Path) -> bool:
    """Empty the private fields of erased people in a raw file; return whether there were any. It is replaced whole, or stays as it is.

    Args:
        source: the file's source.
        lake: the lake's root.
        file: the file's path below it.
        day: its batch day.
        beside: a folder of the same file system, where the new file lies until it is complete.

    Raises:
        LakeError: it cannot be rewritten so that all else in it reads as before.
    """
    path = lake / file
    source = source.form(path)
    emptied = source.emptied(lake)
    rows, refused = _read(source, lake, path, day)
    gone = set(rows.filter(pc.and_(pa.array(emptied.are_erased(rows), pa.bool_()), _has_private(source, rows)))["source_line"].to_pylist())
    lines = {line.line for line in refused if emptied.is_erased_line(line.raw) and not line.raw.startswith(source.format.stand_in)}
    if not gone and not lines:
        return False
    is_packed, content = path.suffix == ".gz", path.read_bytes()
    left = source.format.emptied(gzip.decompress(content) if is_packed else content, tuple(source.columns), source.private, gone, lines)
    written = beside / f".{path.name}"
    try:
        written.touch(mode=path.stat().st_mode & 0o777)
        written.write_bytes(gzip.compress(left, mtime=0) if is_packed else left)
        if _as_read(source, emptied, *_read(source, beside, written, day)) != _as_read(source, emptied, rows, refused):
            told = "what is not about the customer would not read as before. Redact it by hand, or name its owner"
            raise LakeError(f"{path}: cannot be rewritten: {told} in lake/{source.name}.py.", day=day)
        put(written, path)
    finally:
        written.unlink(missing_ok=True)
    return True


def _read(source: LakeFile, root: Path, path: Path, day: dt.date) -> tuple[pa.RecordBatch, list[Refused]]:
    """Return the rows of a file as they stand in it, and the lines that are none."""
    refused = list[Refused]()
    table = pa.Table.from_batches(source.read_as_is(root, path, day, refused.append), source.schema)
    return table.combine_chunks().to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], source.schema), refused


def _as_read(source: LakeFile, emptied: Emptied, rows: pa.RecordBatch, refused: list[Refused]) -> tuple[pa.RecordBatch, list[Refused]]:
    """Return what anybody reads of a file; its name does not count."""
    return emptied.rows(rows).select(["source_line", *source.columns]), [emptied.line(line) for line in refused]


def _has_private(source: LakeFile, rows: pa.RecordBatch) -> pa.Array:
    """Say of each row whether it has a private field that is not empty."""
    has = pa.array([False] * rows.num_rows, pa.bool_())
    for name in source.private:
        filled = pc.fill_null(pc.not_equal(rows[name], source.format.nothing or ""), False)
        has = pc.or_(has, filled)
    return has
