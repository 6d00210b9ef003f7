"""Verifying the store of models: each folder has what was stored, and the last trainings give the same again.

A version's files are compared with the hash that its table has. No table names what a model keeps beside its versions, such as the fits
that later backtests reuse; whoever changed one together with its list of hashes would change backtests to come. So the two last
versions of each model are trained again, in a folder that is removed afterwards, and all that the training stores is compared.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..errors import UntrainedError
from ..table.table import Table
from .artifacts import SUMS, Artifacts
from .difference import Difference
from .replay import made_again, other_inputs
from .trace import Link, trace

NAMED = """
    select m.asset, m.version, m.files, max(m.batch_date) from quality.models m
    where exists (from quality.batches b where (b.publication, b.asset, b.batch_date) = (m.publication, m.asset, m.batch_date))
        or exists (
            from quality.inputs i semi join quality.batches b using (publication, asset, batch_date)
            where (i.upstream_publication, i.upstream, i.upstream_date) = (m.publication, m.asset, m.batch_date))
    group by 1, 2, 3 order by 1, 4, 2
"""
"""The versions of models that a batch in force names, or was made with, and the last of the days on which they were in force."""

_LAST = """
    select max(batch_date) from quality.batches left join quality.models using (publication, asset, batch_date)
    where asset = ? group by version order by 1 desc limit 2
"""
"""The last batch of each of a model's two last versions: trainings that follow by turns reuse what one or the other has stored."""


def in_store(con: Backend, models: Artifacts) -> Iterator[Difference]:
    """Yield the versions and the spare folders whose files are not what was stored."""
    named = set[tuple[str, str]]()
    for asset, version, files, day in con.con.execute(NAMED).fetchall():
        model = asset.split(".")[1]
        named.add((model, version))
        if told := _damage(models, model, version, files):
            yield Difference(asset, day, told, folder=models.path(model, version, ""))
    for (asset,) in con.con.execute("select distinct asset from quality.models order by 1").fetchall():
        name = asset.split(".")[1]
        for folder in sorted([*models.root.glob(f"{name}/*"), *models.root.glob(f"{name}.*/*")]):
            model, version = folder.parent.name, folder.name
            if (folder / SUMS).is_file() and not version.startswith(".") and (model, version) not in named and (told := _damage(models, model, version, None)):
                yield Difference(asset, None, told, folder=folder, is_spare=True)


def in_training(con: Backend, tables: Iterable[Table], lake: Path, models: Artifacts, known: Collection[Path | None]) -> Iterator[Difference]:
    """Train the last two versions of each model again; yield what comes out otherwise, but for known folders.

    One whose inputs or code changed since is left out.
    """
    for table in tables:
        for (day,) in con.con.execute(_LAST, [table.asset]).fetchall() if table.layer == "models" else []:
            batch = trace(con, table.asset, day).of
            if not any(other_inputs(con, table, batch, lake)):
                found = _trained_again(con, table, batch, lake, models)
                yield from (difference for difference in found if not difference.folder or difference.folder not in known)


def _trained_again(con: Backend, table: Table, batch: Link, lake: Path, models: Artifacts) -> Iterator[Difference]:
    with made_again(con, table, batch, lake, models) as (content, store):
        if content != batch.content:
            yield Difference(batch.asset, batch.day, f"{batch.asset}, batch {batch.day}: trained again, it has other content")
        for folder in sorted(store.root.glob("*/*")):
            model, version = folder.parent.name, folder.name
            there = models.path(model, version, "")
            if there.is_dir() and _hash(models, model, version) != _hash(store, model, version):
                told = f"{there}: trained again, it has other files: they were changed together with their list of hashes, or the list is gone"
                yield Difference(batch.asset, batch.day, told, folder=there, is_spare="." in model)


def _damage(models: Artifacts, model: str, version: str, files: str | None) -> str | None:
    """Return what is wrong with the files of a version; None if nothing is."""
    try:
        models.all(model, version, files)
    except UntrainedError as error:
        return str(error)
    return None


def _hash(models: Artifacts, model: str, version: str) -> str | None:
    """Return the hash of a version's files; None if their list is gone."""
    try:
        return models.files_hash(model, version)
    except UntrainedError:
        return None
