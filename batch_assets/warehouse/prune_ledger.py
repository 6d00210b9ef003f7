"""Prune the ledger: what it has of batches that others replaced, and from which nothing in force was made, goes, once it is old enough.

The last publication of each batch always stays, and so does each that one of those was made from, at any remove; so whatever can be
traced or made again before, can be afterwards. Does not belong here: the store of models (`prune.py`).
"""

import datetime as dt
from collections.abc import Sequence

import duckdb
from ibis.backends.duckdb import Backend

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


def replaced(con: Backend, before: dt.datetime) -> Replaced:
    """Return the publications of batches from before a time that nothing in force needs."""
    query = f"{_NEEDED} select publication, asset, batch_date from quality.ledger anti join needed using (publication, asset, batch_date)"
    return con.con.execute(f"{query} where published_at < ? order by all", [before]).fetchall()


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
