"""The plan: which batches are missing or stale, and how a range of them is split into publications.

Each batch is compared with the ledger; if its inputs and code are unchanged, it is up to date. Belongs here: what would
have to change. Does not belong here: changing it (`backfill.py`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..engine.reading import files_of, version_of
from ..errors import BatchError, EngineError, LakeError, MissingBatchError
from ..ingest.lakefile import file_version, unpacked_bytes
from ..partitions import is_closed, window
from ..table.table import Table, Upstream
from .ledger import contents, inputs_hash, recorded

_VALUE_BYTES = 8


@dataclass(frozen=True)
class Refusal:
    """A batch that cannot be published, and why."""

    day: dt.date
    error: BatchError | EngineError


def needed(tables: Sequence[Table], first: dt.date) -> list[tuple[Table, dt.date]]:
    """Return the tables in topological order, each with the first day it is needed for, so that all days from `first` on can be computed."""
    starts: dict[str, dt.date] = {}
    for table in reversed(tables):
        start = min(starts.get(table.name, first), first)
        starts[table.name] = start
        for upstream in table.tables:
            begin = window(start, table.lookback.get(upstream, 0))[0]
            starts[upstream] = min(starts.get(upstream, begin), begin)
    return [(table, starts[table.name]) for table in tables]


def stale_days(
    con: Backend, table: Table, days: Sequence[dt.date], lake: Path, version: Callable[[Path], str] = file_version
) -> tuple[list[dt.date], list[Refusal]]:
    """Return the days whose batch is missing, or was made from other inputs or by other code, and those that cannot be made.

    A published batch whose raw files are gone stands; `version` returns the version of a raw file, which may be known from before.
    """
    inputs, refused = _inputs(con, table, days)
    made = recorded(con, table.asset)
    gone = set(gone_days(con, table, days, lake))
    stale: list[dt.date] = []
    for day, hashes in inputs.items():
        if day in gone:
            continue
        try:
            versions = {f"lake.{table.source.name}": version_of(table.source, lake, day, version)} if table.source else {}
        except LakeError as error:
            refused.append(Refusal(day, error))
        else:
            if made.get(day) != (table.code, hashes | versions):
                stale.append(day)
    return stale, refused


def gone_days(con: Backend, table: Table, days: Sequence[dt.date], lake: Path) -> list[dt.date]:
    """Return the days whose batch is published, and whose raw files were archived or deleted since: it stands, and cannot be made again."""
    if not table.source:
        return []
    absent = [day for day in days if not is_closed(day) and not table.source.path(lake, day).exists()]
    made = recorded(con, table.asset) if absent else {}
    return [day for day in absent if day in made]


def ready_days(con: Backend, table: Table, days: Sequence[dt.date], lake: Path) -> tuple[list[dt.date], list[Refusal]]:
    """Return the days whose inputs are all available, and the days that cannot be computed."""
    inputs, refused = _inputs(con, table, days)
    ready: list[dt.date] = []
    for day in inputs:
        try:
            if table.source:
                files_of(table.source, lake, day)
        except LakeError as error:
            refused.append(Refusal(day, error))
        else:
            ready.append(day)
    return ready, refused


def _inputs(con: Backend, table: Table, days: Sequence[dt.date]) -> tuple[dict[dt.date, dict[str, str]], list[Refusal]]:
    """Return the input hashes of each day, and the days for which inputs are missing."""
    published = contents(con, table.upstreams, days)
    inputs: dict[dt.date, dict[str, str]] = {}
    refused: list[Refusal] = []
    for day in days:
        try:
            inputs[day] = {upstream.asset: inputs_hash(published, upstream, day) for upstream in table.upstreams}
        except MissingBatchError as error:
            refused.append(Refusal(day, error))
    return inputs, refused


def pieces(con: Backend, table: Table, days: Sequence[dt.date], lake: Path, most_bytes: int) -> list[list[dt.date]]:
    """Split days into publications of at most `most_bytes` each, but at least one day."""
    weights = _bytes_by_day(con, table, days, lake)
    found: list[list[dt.date]] = []
    total = 0
    for day in days:
        total += weights[day]
        if not found or total > most_bytes:
            found.append([])
            total = weights[day]
        found[-1].append(day)
    return found


def _bytes_by_day(con: Backend, table: Table, days: Sequence[dt.date], lake: Path) -> dict[dt.date, int]:
    """Estimate how many bytes each day adds to memory while its batch is computed.

    That is the size of what it reads: text, or columns at eight bytes per value. An expression with a look-back joins each day
    with its window, unless it sifts or searches it. A generator holds the window in memory only once, whatever the range; so does an expression that looks back
    over all days so far.
    """
    weights = dict.fromkeys(days, 0)
    if table.source:
        for day in days:
            weights[day] += sum(map(unpacked_bytes, table.source.files(lake, day)))
    for upstream, name in zip(table.upstreams, table.tables, strict=True):
        is_joined = not table.is_generator and upstream.look_back is not None and name not in (table.sifts, *table.searches)
        reach = upstream.look_back or 0 if is_joined else 0
        rows = _rows_by_day(con, upstream, window(days[0], reach) + list(days)) if days else {}
        width = _VALUE_BYTES * len(table.schema_of(name))
        for day in days:
            weights[day] += width * sum(rows.get(known, 0) for known in window(day, reach))
    return weights


def _rows_by_day(con: Backend, upstream: Upstream, days: Iterable[dt.date]) -> Mapping[dt.date, int]:
    asked = sorted(days)
    query = "select batch_date, rows_kept from quality.batches where asset = ? and batch_date between ? and ?"
    return dict(con.con.execute(query, [upstream.asset, asked[0], asked[-1]]).fetchall())
