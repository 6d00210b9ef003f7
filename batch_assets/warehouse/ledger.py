"""Reading the ledger: what each batch was computed from, and with which code.

Belongs here: reading the ledger. Does not belong here: writing it, which only a publication does (`commit.py`).
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibis.backends.duckdb import Backend

from ..content import combined
from ..errors import MissingBatchError
from ..partitions import name_days, window
from ..table.table import Upstream

Contents = Mapping[tuple[str, dt.date], str]
"""The content hash of each batch, by table and day."""


def contents(con: Backend, upstreams: Sequence[Upstream], days: Sequence[dt.date]) -> dict[tuple[str, dt.date], str]:
    """Return the content hash of each batch that the warehouse has of `upstreams`, of all days that are read of any of them as of `days`."""
    if not upstreams:
        return {}
    known = [upstream.known(days) for upstream in upstreams]
    assets = ", ".join(f"'{upstream.asset}'" for upstream in upstreams)
    query = f"select asset, batch_date, content from quality.batches where asset in ({assets}) and batch_date between ? and ?"
    rows = con.con.execute(query, [min(first for first, _ in known), days[-1]]).fetchall()
    return {(asset, day): content for asset, day, content in rows}


def inputs_hash(published: Contents, upstream: Upstream, day: dt.date) -> str:
    """Return the hash of the batches of `upstream` that are read as of `day`.

    Raises:
        MissingBatchError: some are not published; the message names them.
    """
    days = window(day, upstream.look_back)
    missing = [d for d in days if (upstream.asset, d) not in published]
    if missing:
        layer, name = upstream.asset.split(".")
        raise MissingBatchError(
            f"batch {day} reads {upstream.asset} of {name_days(days)}, and {name_days(missing)} {'is' if len(missing) == 1 else 'are'} not published. "
            f"Materialize first: dagster asset materialize -m batch_assets.definitions --select 'key:\"{layer}/{name}\"' "
            + (f"--partition {missing[0]}" if len(missing) == 1 else f"--partition-range {missing[0]}...{missing[-1]}"),
            day=day,
        )
    return combined([f"{d} {published[upstream.asset, d]}" for d in days])


def recorded(con: Backend, asset: str) -> dict[dt.date, tuple[str, dict[str, str]]]:
    """Return the code version and input hashes of each batch of a table that the warehouse has."""
    rows = con.con.execute("select batch_date, code, inputs from quality.batches where asset = ?", [asset]).fetchall()
    return {day: (code, json.loads(inputs)) for day, code, inputs in rows}


def totals(con: Backend, asset: str, first: dt.date, last: dt.date) -> tuple[int, int]:
    """Return how many rows were kept and rejected in the published batches of a range of days."""
    query = "select coalesce(sum(rows_kept), 0), coalesce(sum(rows_rejected), 0) from quality.batches where asset = ? and batch_date between ? and ?"
    ((kept, rejected),) = con.con.execute(query, [asset, first, last]).fetchall()
    return int(kept), int(rejected)


@dataclass(frozen=True)
class Entry:
    """What the ledger says of the latest publication of a batch."""

    day: dt.date
    publication: int
    kept: int
    rejected: int
    content: str
    code: str
    inputs: Mapping[str, str]


def newest_run(con: Backend) -> str | None:
    """Return the run of the last publication; None if nothing was ever published."""
    ((run_id,),) = con.con.execute("select max_by(run_id, publication) from quality.ledger").fetchall()
    return run_id


def newest_entries(con: Backend) -> dict[str, tuple[dt.date, str]]:
    """Return, for each table, day and content of the batch that was published last."""
    query = "select asset, max_by((batch_date, content), (publication, batch_date)) from quality.ledger group by asset"
    return dict(con.con.execute(query).fetchall())


def entries(con: Backend, asset: str) -> list[Entry]:
    """Return what the ledger says last of each batch of a table, oldest publication first, whether the warehouse still has it or not."""
    query = """select batch_date, publication, rows_kept, rows_rejected, content, code, inputs from quality.ledger where asset = ?
        qualify row_number() over (partition by batch_date order by publication desc) = 1 order by publication, batch_date"""
    rows = con.con.execute(query, [asset]).fetchall()
    return [Entry(day, number, kept, rejected, content, code, json.loads(inputs)) for day, number, kept, rejected, content, code, inputs in rows]
