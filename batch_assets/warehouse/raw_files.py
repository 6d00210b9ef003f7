"""The raw files of a batch, one by one: which of them are others than when it was published."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..ingest.lakefile import LakeFile

ARRIVED, CHANGED, GONE = "file arrived", "file changed", "file gone"
EITHER = "file arrived or changed"
"""So of a batch without a receipt."""


def changed_files(
    con: Backend, asset: str, source: LakeFile, lake: Path, day: dt.date, version: Callable[[Path], str], *, was_closed: bool
) -> dict[str, list[str]]:
    """Return the names of the files that arrived, changed or are gone since a batch was published, by what became of them.

    Args:
        con: the warehouse.
        asset: the table that reads the source.
        source: the raw source.
        lake: folder of the raw files.
        day: the batch.
        version: returns the version of a raw file, which may be known from before.
        was_closed: whether the batch was published as one of a closed day.

    Raises:
        LakeError: the day is not complete.
    """
    query = """select file, hash from quality.raw_files
        where source = ? and (publication, batch_date) in (select (publication, batch_date) from quality.batches where asset = ? and batch_date = ?)"""
    then = dict(con.con.execute(query, [source.name, asset, day]).fetchall())
    now = {str(path.relative_to(lake)): version(path) for path in source.files(lake, day)}
    if now and not then and not was_closed:
        return {EITHER: sorted(now)}
    found = {
        CHANGED: [name for name in now if name in then and then[name] != now[name]],
        ARRIVED: [name for name in now if name not in then],
        GONE: [name for name in then if name not in now],
    }
    return {what: sorted(names) for what, names in found.items() if names}
