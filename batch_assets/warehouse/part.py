"""A part of a day, published while the day lasts: a file of its own, replaced as a whole, which says how far it reaches.

The warehouse is only read. What is as of a day is made when the day has ended, from its closed files; no table can name a part, and none is in
the warehouse. So a day's batch is what it would have been without any part of it.

Belongs here: what a part is made from, and its file. Does not belong here: how its rows are made (`engine/open_day.py`).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..durable import put, unfinished
from ..engine.canonical import content_of
from ..engine.open_day import OpenDay
from ..engine.quoting import quoted, sql_text
from ..engine.staging import KEPT
from ..errors import DefinitionError
from ..ingest.lakefile import LakeFile
from ..partitions import end_of
from ..streams.health import noted
from ..streams.manifest import Manifest, folders, newest_in
from ..table.graph import Graph
from ..table.layers import TODAY
from ..table.table import Table
from .artifacts import Artifacts
from .connection import Warehouse
from .holding import hold
from .ledger import contents, inputs_hash
from .permissions import make_folder

_MADE_OF_A_PART = "marts"
"""The layer whose tables are made of a part of a day. Features, models and predictions are as of a day, so they are read as published before it."""


@dataclass(frozen=True)
class Part:
    """A part of a day that was published.

    Attributes:
        day: the day that lasts.
        reaches: the time up to which all is in it that was sent; the day's begin, if that is not known.
        rows: rows of the table.
        events: events that it was made from.
        content: hash of the rows.
        file: where they are.
    """

    day: dt.date
    reaches: dt.datetime
    rows: int
    events: int
    content: str
    file: Path


@dataclass(frozen=True)
class _Come:
    """What has come of a day."""

    manifest: Manifest
    reaches: dt.datetime
    files: Sequence[Path]


def publish_part(table: Table, warehouse: Warehouse) -> Part | None:
    """Make a table of what has landed so far, and publish it; None if no day lasts.

    Raises:
        MissingBatchError: what it reads of the days before is not published.
        BreachError: the rows break the contract.
        WarehouseError: the warehouse is not there yet, or another process holds it.
        LakeError: what has landed is damaged.
    """
    graph = Graph(table.layers.package)
    made = [each for each in graph.with_upstreams(table.tables) if each.layer == _MADE_OF_A_PART]
    lake = Path(warehouse.lake)
    come = {each.name: found for each in made if each.source and (found := _come(each.source, lake))}
    if not come:
        return None
    day = min(found.manifest.day for found in come.values())
    live = [*_live(made, set(come)), table]
    with warehouse.read_only() as con:
        engine = OpenDay(con, lake, Artifacts(Path(warehouse.models)), day)
        for each in live:
            if each.is_map or each.is_generator:
                raise DefinitionError(f"{table.asset} reads {each.asset}, which is no expression, and only expressions are made of a part of a day.")
            known = contents(con, each.upstreams, [day])
            for upstream in each.upstreams:
                inputs_hash({**known, (upstream.asset, day): TODAY}, upstream, day)
            engine.make(each, come[each.name].files if each.name in come else [])
        hold(con, table.contract, KEPT)
        reaches = min(found.reaches for found in come.values())
        ((rows,),) = con.con.execute(f"select count(*) from {KEPT}").fetchall()
        content = content_of(con, KEPT, day)
        file = Path(warehouse.published) / TODAY / f"{table.name}.parquet"
        make_folder(file.parent)
        staged = unfinished(file)
        order = ", ".join(map(quoted, table.contract.grain()))
        made_of = f"select *, timestamp '{reaches:%Y-%m-%d %H:%M:%S.%f}' as reaches_to from {KEPT} order by {order}"
        stamp = f"kv_metadata {{content: '{content}', code: '{table.code}'}}"
        con.con.execute(f"copy ({made_of}) to {sql_text(staged)} (format parquet, compression zstd, {stamp})")
        put(staged, file)
    return Part(day, reaches, rows, sum(found.manifest.rows for found in come.values()), content, file)


def _come(source: LakeFile, lake: Path) -> _Come | None:
    """Return what has come of the day that lasts; None if the source is no stream, or none does. How far it reaches is asked first: what comes then is more."""
    for folder in folders(source, lake):
        health, manifest = noted(folder), newest_in(folder)
        if manifest and manifest.ends is None:
            begin = end_of(manifest.day - dt.timedelta(days=1))
            reaches = (health.reaches if health else None) or begin
            files = [folder / str(manifest.day) / name for name in manifest.files()]
            return _Come(manifest, max(reaches, begin).astimezone(dt.UTC), files)
    return None


def _live(tables: Sequence[Table], come: set[str]) -> Iterator[Table]:
    """Yield the tables that read, directly or not, what has come of the day, each after those that it reads."""
    live = set(come)
    for each in tables:
        if each.name in live or live & set(each.tables):
            live.add(each.name)
            yield each
