"""Prune the ledger: what it has of batches that others replaced, and from which nothing in force was made, goes, once it is old enough.

The last publication of each batch always stays, and so does each that one of those was made from, at any remove; so whatever can be
traced or made again before, can be afterwards. Does not belong here: the store of models (`prune.py`).
"""

import datetime as dt
from collections.abc import Iterator, Sequence

import duckdb

from .transaction import transaction

_NEEDED = """
with recursive needed as (
    (select asset, batch_date, publication from quality.ledger qualify row_number() over (partition by asset, batch_date order by publication desc) = 1)
    union
    select upstream, upstream_date, upstream_publication from needed join quality.inputs using (publication, asset, batch_date)
)"""

_OF_TABLES, _OF_BATCHES = ("ledger", "receipts", "models"), ("raw_files",)
"""What each publication of a batch has in the ledger and beside it; the second are of raw sources, and a publication is of one table."""

Replaced = Sequence[tuple[int, str, dt.date]]
"""Publications of batches: number, table and day of each."""


def prune_ledger(connection: duckdb.DuckDBPyConnection, before: dt.datetime, *, is_executed: bool) -> Iterator[str]:
    """Yield a line if the ledger has entries from before a time that nothing needs; remove them, if they may be."""
    publications = replaced(connection, before)
    if is_executed:
        forget(connection, publications)
    if publications:
        does = "removed" if is_executed else "can go"
        yield f"ledger, entries {does}, with their receipts: {len(publications):,}; others replaced them, and nothing in force was made from them"


def needed(connection: duckdb.DuckDBPyConnection) -> dict[str, set[int]]:
    """Return, by table, the publications that are in force, and those that they were made from."""
    found = connection.execute(f"{_NEEDED} select asset, list(distinct publication) from needed group by all").fetchall()
    return {asset: set(publications) for asset, publications in found}


def replaced(connection: duckdb.DuckDBPyConnection, before: dt.datetime) -> Replaced:
    """Return the publications of batches from before a time that nothing in force needs."""
    query = f"{_NEEDED} select publication, asset, batch_date from quality.ledger anti join needed using (publication, asset, batch_date)"
    return connection.execute(f"{query} where published_at < ? order by all", [before]).fetchall()


def forget(connection: duckdb.DuckDBPyConnection, publications: Replaced) -> None:
    """Remove publications of batches from the ledger, all or none, and the receipts, code versions and runs that only they have."""
    if not publications:
        return
    numbers, assets, days = (list(column) for column in zip(*publications, strict=True))
    with transaction(connection):
        for table in (*_OF_TABLES, *_OF_BATCHES):
            columns = "publication, asset, batch_date" if table in _OF_TABLES else "publication, batch_date"
            going = "select unnest(?::bigint[]) as publication, unnest(?::varchar[]) as asset, unnest(?::date[]) as batch_date"
            connection.execute(f"delete from quality.{table} where ({columns}) in (select ({columns}) from ({going}))", [numbers, assets, days])
        connection.execute("delete from quality.code where code not in (select code from quality.ledger)")
        connection.execute("delete from quality.runs where run_id not in (select run_id from quality.ledger where run_id is not null)")
