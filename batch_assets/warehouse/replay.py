"""Replay: a published batch is made again from what its receipt names, and compared with what was published. Nothing is published.

A model is trained again, in a folder that is removed afterwards. Belongs here: making one batch again. Does not belong here: what it was
made from (`trace.py`).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ibis.backends.duckdb import Backend

from ..engine.canonical import content_of
from ..engine.choice import chosen_engine
from ..engine.reading import CLOSED, version_of
from ..engine.staging import KEPT
from ..errors import LakeError, ReplayError
from ..ingest.lakefile import file_version
from ..table.table import Table
from .artifacts import Artifacts
from .batch import ERASURE
from .ledger import contents, inputs_hash
from .raw_files import changed_files
from .trace import Link, trace


def replay(con: Backend, table: Table, batch: Link, lake: Path, models: Artifacts) -> str:
    """Make a batch again; return its content hash.

    Raises:
        ReplayError: what it was made from is not what it was: the message says which part.
        BatchError: it cannot be made again: a batch, a raw file or a model's files are missing.
    """
    if reasons := list(other_inputs(con, table, batch, lake)):
        raise ReplayError(f"{batch.asset}, batch {batch.day}: cannot be made again as it was: {'; '.join(reasons)}.", day=batch.day)
    with made_again(con, table, batch, lake, models) as (content, _):
        return content


@contextmanager
def made_again(con: Backend, table: Table, batch: Link, lake: Path, models: Artifacts) -> Iterator[tuple[str, Artifacts]]:
    """Make a batch again; give its content hash, and what was trained for it if it is a model's."""
    with TemporaryDirectory(prefix="batch_assets_") as folder:
        store = Artifacts(Path(folder)) if table.is_generator else models
        chosen_engine(con, lake, store).stage(table, [batch.day])
        yield content_of(con, KEPT, batch.day), store


def why_not_trained_again(con: Backend, table: Table, day: dt.date, version: str, lake: Path) -> str | None:
    """Return why the version that a model's batch names would not come back if the batch were made again; None if it would."""
    named = "select m.version from quality.models m join quality.batches b using (publication, asset, batch_date) where asset = ? and batch_date = ?"
    if (version,) not in con.con.execute(named, [table.asset, day]).fetchall():
        return f"batch {day} names another version since, or is gone"
    return "; ".join(other_inputs(con, table, trace(con, table.asset, day).of, lake)) or None


def other_inputs(con: Backend, table: Table, batch: Link, lake: Path) -> Iterator[str]:
    """Tell what differs from what the batch was made from: code, batches of upstreams, raw files."""
    if ERASURE in batch.inputs:
        yield f"rows about a customer were taken out of it (erasure {batch.inputs[ERASURE]})"
    if table.code != batch.code:
        yield f"its code or settings changed (version {batch.code}, now {table.code})"
    published = contents(con, table.upstreams, [batch.day])
    for upstream in table.upstreams:
        if inputs_hash(published, upstream, batch.day) != batch.inputs.get(upstream.asset):
            yield f"{upstream.asset} was published with other content since"
    if table.source and _version(table, lake, batch.day) != batch.inputs.get(f"lake.{table.source.name}"):
        yield f"raw files of lake.{table.source.name} are others since{_which(con, table, batch, lake)}"


def _which(con: Backend, table: Table, batch: Link, lake: Path) -> str:
    """Return which raw files are others than when a batch was published, as far as it can be told."""
    assert table.source
    was_closed = batch.inputs.get(f"lake.{table.source.name}") == CLOSED
    try:
        found = changed_files(con, table.asset, table.source, lake, batch.day, file_version, was_closed=was_closed)
    except LakeError as error:
        return f": {error}".removesuffix(".")
    return "".join(f"; {what}: {', '.join(names)}" for what, names in found.items())


def _version(table: Table, lake: Path, day: dt.date) -> str | None:
    try:
        return version_of(table.source, lake, day) if table.source else None
    except LakeError:
        return None
