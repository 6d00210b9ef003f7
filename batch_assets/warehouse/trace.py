"""Trace: from a batch to all that it was made from, down to the raw files with their hashes, and whether that is still so.

Belongs here: reading receipts. Does not belong here: writing them (`receipts.py`), and making a batch again (`replay.py`).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..engine.reading import CLOSED
from ..errors import MissingBatchError, UntrainedError
from ..ingest.lakefile import file_version, redacted_by
from ..partitions import name_days
from .artifacts import Artifacts
from .batch import ERASURE

CHAIN = """
with recursive chain as (
    select asset, batch_date, publication from quality.batches where asset = $asset and batch_date = $day
    union
    select upstream, upstream_date, upstream_publication from chain join quality.inputs using (publication, batch_date)
)"""
"""The batches that a batch was made from, itself included, as they were then."""


@dataclass(frozen=True)
class Link:
    """A batch as it was published, and what the warehouse has of it now.

    Attributes:
        asset: the table.
        day: the batch.
        publication: the publication that was read.
        content: its content hash.
        code: the version of the code that made it.
        run_id: the run that published it.
        inputs: by upstream and raw source, the hash of what was read of it.
        has_receipt: whether it is known which days and which files were read; older versions of this package did not say.
        now: the content hash of the batch that is in force now; None if there is none.
    """

    asset: str
    day: dt.date
    publication: int
    content: str
    code: str
    run_id: str
    inputs: Mapping[str, str]
    has_receipt: bool
    now: str | None


@dataclass(frozen=True)
class Raw:
    """A raw file that was read: its path below the lake's root, and its hash."""

    name: str
    hash: str


@dataclass(frozen=True)
class Named:
    """A model's version that a batch of its table names."""

    model: str
    version: str
    files: str | None
    days: Sequence[dt.date]


@dataclass(frozen=True)
class Trace:
    """A batch, and all that it was made from; of tables whose ledger is gone with them, only the names."""

    of: Link
    made_from: Sequence[Link]
    models: Sequence[Named]
    raw: Sequence[Raw]
    run: str
    gone: Sequence[str]


def trace(con: Backend, asset: str, day: dt.date) -> Trace:
    """Follow the receipts from a batch to the raw files.

    Raises:
        MissingBatchError: the batch is not published.
    """
    given = {"asset": asset, "day": day}
    found = con.con.execute(
        f"""{CHAIN} select l.asset, l.batch_date, l.publication, l.content, l.code, l.run_id, l.inputs, b.content,
            exists (from quality.receipts r where r.publication = l.publication) or exists (from quality.raw_files f where f.publication = l.publication)
            or contains(l.inputs::varchar, '"{CLOSED}"')
        from chain join quality.ledger l using (publication, batch_date)
        left join quality.batches b on b.asset = l.asset and b.batch_date = l.batch_date order by l.publication desc, l.batch_date""",
        given,
    ).fetchall()
    if not found:
        raise MissingBatchError(f"{asset}, batch {day}: is not published, so there is nothing to trace.", day=day)
    links = [_link(*row) for row in found]
    of = next(link for link in links if (link.asset, link.day) == (asset, day))
    models = f"""{CHAIN} select asset, version, files, list(batch_date order by batch_date)
        from chain join quality.models using (publication, asset, batch_date) group by all order by min(batch_date), version"""
    gone = f"""{CHAIN} select distinct upstream from chain join quality.receipts using (publication, asset, batch_date)
        where upstream not in (select asset from quality.ledger) order by 1"""
    raw = f"{CHAIN} select distinct file, hash from chain join quality.raw_files using (publication, batch_date) order by all"
    return Trace(
        of=of,
        made_from=[link for link in links if link is not of],
        models=[Named(*row) for row in con.con.execute(models, given).fetchall()],
        raw=[Raw(*row) for row in con.con.execute(raw, given).fetchall()],
        run=_run(con, of.run_id),
        gone=[asset for (asset,) in con.con.execute(gone, given).fetchall()],
    )


def _link(asset: str, day: dt.date, publication: int, content: str, code: str, run_id: str, inputs: str, now: str | None, has_receipt: bool) -> Link:
    read: dict[str, str] = json.loads(inputs)
    return Link(asset, day, publication, content, code, run_id, read, has_receipt or set(read.values()) <= {CLOSED}, now)


def _run(con: Backend, run_id: str) -> str:
    """Tell what a run ran with."""
    rows = con.con.execute("select commit_hash, python, libraries from quality.runs where run_id = ?", [run_id]).fetchall()
    for commit, python, libraries in rows:
        told = [f"commit {commit}"] if commit else []
        return ", ".join([*told, f"Python {python}", *(f"{name} {version}" for name, version in json.loads(libraries).items())])
    return "not recorded"


def changed(found: Trace, lake: Path, models: Artifacts) -> Iterator[str]:
    """Tell what is no longer as it was when the batch was made: batches, raw files, and models' files."""
    links = [found.of, *found.made_from]
    yield from _of_each_table([link for link in links if link.now and link.now != link.content], "published with other content since")
    yield from _of_each_table([link for link in links if not link.now], "no longer there")
    yield from _of_each_table([link for link in links if not link.has_receipt], "published without a receipt, by an older version of this package")
    for asset in found.gone:
        yield f"{asset}: nothing is known of it any more, since its table was removed"
    for named in found.models:
        try:
            models.all(named.model.split(".")[1], named.version, named.files)
        except UntrainedError as error:
            yield str(error)
    for raw in found.raw:
        path = lake / raw.name
        if not path.is_file():
            yield f"{path}: is gone"
        elif file_version(path) != raw.hash:
            yield f"{path}: is another file since (its hash was {raw.hash})"


def _of_each_table(links: Sequence[Link], what: str) -> Iterator[str]:
    for asset in dict.fromkeys(link.asset for link in links):
        days = sorted({link.day for link in links if link.asset == asset})
        yield f"{asset}: {len(days)} {'batch was' if len(days) == 1 else 'batches were'} {what} ({name_days(days)})"


def told(found: Trace) -> Iterator[str]:
    """Yield the chain, a line for each table, model's version and raw file."""
    of = found.of
    yield f"{of.asset}, batch {of.day}: content {of.content}, publication {of.publication}, code {of.code}, run {of.run_id}"
    yield f"run {of.run_id}: {found.run}"
    yield from _redacted([of, *found.made_from])
    for asset in dict.fromkeys(link.asset for link in found.made_from):
        links = [link for link in found.made_from if link.asset == asset]
        read = f", code {' and '.join(sorted({link.code for link in links}))}"
        yield f"made from {asset}: {len(links)} {'batch' if len(links) == 1 else 'batches'} ({name_days({link.day for link in links})}){read}"
    for named in found.models:
        yield f"model {named.model}, version {named.version}: in force {name_days(named.days)}, files {named.files}"
    for raw in found.raw:
        yield f"raw file {raw.name}: {raw.hash}"


def _redacted(links: Sequence[Link]) -> Iterator[str]:
    """Tell from which batches a customer was erased, a line for each table."""
    erased = [(link, name) for link in links if (name := link.inputs.get(ERASURE) or next(filter(None, map(redacted_by, link.inputs.values())), None))]
    for asset in dict.fromkeys(link.asset for link, _ in erased):
        days, names = {link.day for link, _ in erased if link.asset == asset}, sorted({name for link, name in erased if link.asset == asset})
        yield f"redacted: {asset} ({name_days(days)}), by erasure {' and '.join(names)}"
