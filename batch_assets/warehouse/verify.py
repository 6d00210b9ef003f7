"""Verify: the content hashes of published tables, files and models' files are computed again and compared with the ledger.

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
from ..errors import UntrainedError
from .artifacts import Artifacts
from .files import BatchFiles, sql_text
from .ledger import Entry, entries
from .reconcile import LAYER

NAMED = """
    select m.asset, m.version, m.files, max(m.batch_date) from quality.models m
    where exists (from quality.batches b where (b.publication, b.asset, b.batch_date) = (m.publication, m.asset, m.batch_date))
        or exists (
            from quality.inputs i semi join quality.batches b using (publication, asset, batch_date)
            where (i.upstream_publication, i.upstream, i.upstream_date) = (m.publication, m.asset, m.batch_date))
    group by 1, 2, 3 order by 1, 4, 2
"""
"""The versions of models that a batch in force names, or was made with, and the last of the days on which they were in force."""


@dataclass(frozen=True)
class Difference:
    """What is not as the ledger says.

    Attributes:
        asset: the table.
        day: the batch.
        reason: a line for a person.
        file: the file, if it is one that differs and not the table.
        folder: the folder of the model's version, if it is its files that differ.
    """

    asset: str
    day: dt.date
    reason: str
    file: Path | None = None
    folder: Path | None = None


def differences(con: Backend, published: Path, models: Path) -> Iterator[Difference]:
    """Yield what differs from the ledger, in the tables and in the files of all batches, and of models. Every published row is read once."""
    for (asset,) in con.con.execute("select distinct asset from quality.ledger order by asset").fetchall():
        batches = entries(con, asset)
        yield from _in_table(con, asset, batches)
        if asset.startswith(f"{LAYER}."):
            yield from _in_files(con, asset, batches, BatchFiles(published, asset.removeprefix(f"{LAYER}.")))
    yield from _in_models(con, Artifacts(models))


def _in_models(con: Backend, models: Artifacts) -> Iterator[Difference]:
    """Yield the versions whose files are not what was stored, of all that a model's batch names or a batch in force was made with."""
    for asset, version, files, day in con.con.execute(NAMED).fetchall():
        model = asset.split(".")[1]
        try:
            models.all(model, version, files)
        except UntrainedError as error:
            yield Difference(asset, day, str(error), folder=models.path(model, version, ""))


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
