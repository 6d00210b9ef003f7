"""Verify: the content hashes of published tables and files are computed again and compared with the ledger.

A publication never looks at rows that were published before; whoever changed, added or deleted some by hand, or damaged a
file, is found out here. Belongs here: comparing. Does not belong here: putting right (`reconcile.py` for files,
`orchestration/repair.py` for tables).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from ..engine.canonical import contents
from .files import BatchFiles, sql_text
from .ledger import Entry, entries
from .reconcile import LAYER


@dataclass(frozen=True)
class Difference:
    """What is not as the ledger says.

    Attributes:
        asset: the table.
        day: the batch.
        reason: a line for a person.
        file: the file, if it is one that differs and not the table.
    """

    asset: str
    day: dt.date
    reason: str
    file: Path | None = None


def differences(con: Backend, published: Path) -> Iterator[Difference]:
    """Yield what differs from the ledger, in the tables and in the files of all batches. Every published row is read once."""
    for (asset,) in con.con.execute("select distinct asset from quality.ledger order by asset").fetchall():
        batches = entries(con, asset)
        yield from _in_table(con, asset, batches)
        if asset.startswith(f"{LAYER}."):
            yield from _in_files(con, asset, batches, BatchFiles(published, asset.removeprefix(f"{LAYER}.")))


def _in_table(con: Backend, asset: str, batches: list[Entry]) -> Iterator[Difference]:
    layer, name = asset.split(".")
    try:
        found = contents(con, f'{layer}."{name}"')
    except duckdb.CatalogException:
        found = {}
    expected = {entry.day: entry for entry in batches}
    for day, entry in sorted(expected.items()):
        kept, content, _ = found.get(day, (0, None, None))
        if entry.kept != kept:
            yield Difference(asset, day, f"{asset}, batch {day}: the table has {kept} rows, the ledger {entry.kept}")
        elif kept and entry.content != content:
            yield Difference(asset, day, f"{asset}, batch {day}: rows of the table were changed since they were published")
    for day in sorted(found.keys() - expected.keys()):
        yield Difference(asset, day, f"{asset}, batch {day}: the table has {found[day][0]} rows of a batch that was never published")


def _in_files(con: Backend, asset: str, batches: list[Entry], files: BatchFiles) -> Iterator[Difference]:
    for entry in batches:
        path = files.final(entry.day)
        try:
            ((kept, content, _),) = contents(con, f"read_parquet({sql_text(path)})").values() or [(0, entry.content, None)]
        except (duckdb.Error, ValueError):
            yield Difference(asset, entry.day, f"{path}: is missing or damaged", path)
        else:
            if (kept, content) != (entry.kept, entry.content):
                yield Difference(asset, entry.day, f"{path}: its rows are not those that were published", path)
