"""Verify: the content hashes of published tables, files and models' files are computed again and compared with the ledger.

A publication never looks at rows that were published before; whoever changed, added or deleted some by hand, or damaged a
file, is found out here. Belongs here: comparing. Does not belong here: putting right (`reconcile.py` for files,
`orchestration/repair.py` for tables).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from ..engine.canonical import contents
from ..engine.quoting import sql_text
from ..table.table import Table
from .artifacts import Artifacts
from .difference import Difference
from .files import LAYER, BatchFiles
from .ledger import Entry, entries
from .verify_models import in_store, in_training


def differences(con: Backend, tables: Iterable[Table], lake: Path, published: Path, models: Path) -> Iterator[Difference]:
    """Yield what differs from the ledger, in the tables and in the files of all batches, and of models. Every published row is read once.

    If the rows are as they were, the two last versions of each model are trained again.
    """
    are_rows_whole = True
    for difference in _removed(con):
        are_rows_whole = False
        yield difference
    for (asset,) in con.con.execute("select distinct asset from quality.ledger order by asset").fetchall():
        batches = entries(con, asset)
        for difference in _in_table(con, asset, batches):
            are_rows_whole = False
            yield difference
        if asset.startswith(f"{LAYER}."):
            yield from _in_files(con, asset, batches, BatchFiles(published, asset.removeprefix(f"{LAYER}.")))
    stored = list(in_store(con, Artifacts(models)))
    yield from stored
    if are_rows_whole:
        yield from in_training(con, tables, lake, Artifacts(models), {difference.folder for difference in stored})


def _removed(con: Backend) -> Iterator[Difference]:
    """Yield the batches that those in force were made from, of tables that took their ledger along when they were removed, as Delta tables do."""
    read = "select upstream, asset, unnest(generate_series(first_day, last_day, interval 1 day))::date as day from quality.receipts"
    query = f"""select upstream, day, min(asset) from ({read} semi join quality.batches using (publication, asset, batch_date))
        where upstream not in (select asset from quality.ledger) group by all order by all"""
    for asset, day, made in con.con.execute(query).fetchall():
        yield Difference(asset, day, f"{asset}, batch {day}: was removed with its ledger, and {made} was made from it")


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
