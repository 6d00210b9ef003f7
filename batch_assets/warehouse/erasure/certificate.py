"""The certificate of an erasure: what was erased, how much, hashes before and after, and where the person was looked for. Nothing in it is personal.

Belongs here: counting before and after. Does not belong here: erasing.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ibis.backends.duckdb import Backend

from ...errors import BatchError
from ...ingest.lakefile import file_version
from ...table.table import Table
from ..schema import tables_there
from ..store import Store
from .find import Found
from .forget import known
from .record import Begun
from .scan import Scanned, in_tables


def before(con: Backend, tables: Sequence[Table], lake: Path, found: Found) -> Mapping[str, Any]:
    """Return what is counted before anything is erased."""
    ((publication,),) = con.con.execute("select coalesce(max(publication), 0) from quality.ledger").fetchall()
    return {
        "publication": publication,
        "named": in_tables(con, found.person),
        "sums": _sums(con, tables),
        "known": known(con, tables),
        "files": {file: file_version(lake / file) for of in found.lines.values() for file in of},
        "lines": {source: sum(map(len, of.values())) for source, of in found.lines.items()},
    }


def check_sums(con: Backend, tables: Sequence[Table], begun: Begun) -> Mapping[str, Any]:
    """Return the totals of the measures of what is conserved from raw files.

    Raises:
        BatchError: one is another than before.
    """
    now, then = _sums(con, tables), begun.before["sums"]
    if differing := [asset for asset in then if then[asset] != now.get(asset)]:
        raise BatchError(
            f"erasure {begun.name}: the totals of {', '.join(differing)} are others than before. Raw files changed meanwhile, or a mart rejects rows."
        )
    return now


def certify(
    con: Backend, store: Store, begun: Begun, lake: Path, owners: Mapping[str, str], sums: Mapping[str, Any], done: Mapping[str, Any], scanned: Scanned
) -> Mapping[str, Any]:
    """Return the certificate, and note it in the warehouse."""
    record, then, finished_at = begun.record, begun.before, dt.datetime.now(dt.UTC)
    told = {
        **{name: record[name] for name in ("erasure", "asked_by", "reason", "records")},
        "finished_at": f"{finished_at:%Y-%m-%dT%H:%M:%SZ}",
        "lines": then["lines"],
        "rows_that_named_the_customer": {"before": then["named"], "after": {}},
        "raw_files": [
            {"file": file, "owner": owners.get(of["source"]), "before": then["files"][file], "after": file_version(lake / file)}
            for file, of in record["files"].items()
        ],
        "batches": list(_changed(con, then["publication"])),
        "totals": {"before": then["sums"], "after": sums},
        **done,
        "scan": {"looked_for": begun.person.looked_for(), "files": scanned.files, "bytes": scanned.bytes},
    }
    store.note(con.con, {"erasures": [{"erasure": begun.name, "finished_at": finished_at, "certificate": json.dumps(told, default=str)}]})
    return told


def _sums(con: Backend, tables: Sequence[Table]) -> dict[str, Any]:
    """Return the total of the measure of each table that has all rows of a raw source, or adds up to such a one."""
    there = tables_there(con.con)
    asked = [table for table in tables if table.measure and (table.source or table.sifts or table.conserves) and (table.layer, table.name) in there]
    return {table.asset: str(con.con.execute(f'select sum("{table.measure}") from {table.layer}."{table.name}"').fetchall()[0][0]) for table in asked}


def _changed(con: Backend, publication: int) -> Iterator[Mapping[str, Any]]:
    """Yield the batches whose content is another than that of the last publication before."""
    query = """
        with last as (from quality.ledger where publication <= ? qualify row_number() over (partition by asset, batch_date order by publication desc) = 1)
        select asset, batch_date, b.rows_kept, n.rows_kept, b.content, n.content
        from last b join quality.batches n using (asset, batch_date) where b.content <> n.content order by all"""
    for asset, day, rows, rows_now, content, content_now in con.con.execute(query, [publication]).fetchall():
        yield {"table": asset, "day": str(day), "rows": [rows, rows_now], "content": [content, content_now]}
