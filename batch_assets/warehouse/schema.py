"""The warehouse's own tables, in the schema `quality`, and how those of an older warehouse become those of today.

Belongs here: what they are, and their migrations. Does not belong here: what is written into them (`commit.py`, `receipts.py`).
"""

from collections.abc import Callable

import duckdb

from ..errors import WarehouseError
from .transaction import transaction

SCHEMA_VERSION = 6

_BATCHES = """
create or replace view quality.batches as
    select ledger.* from quality.ledger join quality.tables using (asset)
    where publication >= created
    qualify row_number() over (partition by asset, batch_date order by publication desc) = 1;
"""
"""The batches that the warehouse has: the ledger's last row of each, but of a table that was dropped, none from before it was made anew."""

_RECEIPTS = """
create table if not exists quality.tables (asset varchar, created bigint);
create table if not exists quality.receipts (
    publication bigint, asset varchar, batch_date date, upstream varchar, first_day date, last_day date, content varchar);
create table if not exists quality.raw_files (publication bigint, batch_date date, source varchar, file varchar, hash varchar, bytes bigint);
create table if not exists quality.models (publication bigint, asset varchar, batch_date date, version varchar, files varchar);
create table if not exists quality.runs (run_id varchar, published_at timestamptz, commit_hash varchar, python varchar, libraries json, settings json);
create or replace view quality.inputs as
    select r.publication, r.asset, r.batch_date, r.upstream, u.batch_date as upstream_date, u.publication as upstream_publication, u.content
    from quality.receipts r
    join (select *, lead(publication) over (partition by asset, batch_date order by publication) as replaced_by from quality.ledger) u
    on u.asset = r.upstream and u.batch_date between r.first_day and r.last_day
        and u.publication < r.publication and coalesce(r.publication <= u.replaced_by, true);
"""
"""What suffices to trace and to repeat a batch. A receipt names days, and the ledger knows which publication of each of them was in force then."""

_ERASURES = """
create table if not exists quality.erasures (erasure varchar, finished_at timestamptz, certificate json);
"""

_IDENTITY = """
create table quality.identity as select coalesce(
    (select md5(run_id || epoch_us(published_at)) from quality.ledger order by publication, asset, batch_date limit 1), uuid()::varchar) as identity;
"""

_SCHEMA = f"""
create schema if not exists quality;
create table quality.warehouse as select {SCHEMA_VERSION} as schema_version;
create sequence if not exists quality.publication;
create table if not exists quality.ledger (
    publication bigint, asset varchar, batch_date date, rows_in bigint, rows_kept bigint, rows_rejected bigint,
    content varchar, inputs json, code varchar, run_id varchar, seconds double, published_at timestamptz);
create table if not exists quality.code (code varchar, parts json);
create table if not exists quality.quarantine (
    asset varchar, batch_date date, source_file varchar, source_line bigint, reason varchar, raw varchar);
{_RECEIPTS}
{_BATCHES}
{_ERASURES}
{_IDENTITY}
"""


def ensure_schema(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the warehouse's own tables, or bring those of an older version up to date, all or none.

    Raises:
        WarehouseError: they are of a version that this code does not know.
    """
    found = _schema_version(connection)
    if found == SCHEMA_VERSION:
        return
    with transaction(connection):
        if found is None:
            connection.execute(_SCHEMA)
            return
        while found in _MIGRATIONS:
            _MIGRATIONS[found](connection)
            found += 1
            connection.execute("update quality.warehouse set schema_version = ?", [found])
    if found != SCHEMA_VERSION:
        raise WarehouseError(
            f"{database}: a warehouse of schema version {found}, but this code writes version {SCHEMA_VERSION}. Use the code that wrote it, "
            "or move the file and the folder of published files away and materialize again: everything can be rebuilt from the lake."
        )


def forget_dropped(connection: duckdb.DuckDBPyConnection) -> None:
    """Note which tables were dropped by hand: of their batches the warehouse has none."""
    connection.execute("delete from quality.tables where asset not in (select schema_name || '.' || table_name from duckdb_tables())")


def tables_there(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Return schema and name of all that has rows: the database's own tables, and those of the store, which it may have as views."""
    of_store = "select split_part(asset, '.', 1), split_part(asset, '.', 2) from quality.tables union select 'quality', 'quarantine'"
    return connection.execute(f"select schema_name, table_name from duckdb_tables() where not temporary union {of_store} order by all").fetchall()


def _schema_version(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Return the version of the warehouse's own tables; None if it has none yet."""
    try:
        ((version,),) = connection.execute("select schema_version from quality.warehouse").fetchall()
    except duckdb.CatalogException:
        return None
    return int(version)


def _forget_pending_files(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table if exists quality.pending_files")


def _time_publications(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("alter table quality.ledger add column if not exists seconds double")
    connection.execute("create table if not exists quality.code (code varchar, parts json)")


def _keep_receipts(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the tables of receipts; of what was published before, only what the warehouse's tables say is known."""
    connection.execute(_RECEIPTS)
    last = "from quality.ledger qualify row_number() over (partition by asset, batch_date order by publication desc) = 1"
    there = "select distinct asset from quality.ledger join duckdb_tables() on asset = schema_name || '.' || table_name order by 1"
    for (asset,) in connection.execute(there).fetchall():
        layer, name = asset.split(".")
        rows = f'(select batch_date, count(*) as rows_kept from {layer}."{name}" group by 1)'
        connection.execute(
            f"""insert into quality.tables select $asset, coalesce(
            (select min(publication) from ({last}) join {rows} using (batch_date, rows_kept) where asset = $asset),
            (select max(publication) + 1 from quality.ledger where asset = $asset and rows_kept > 0), 0)""",
            {"asset": asset},
        )
        versions = "select count(*) from duckdb_columns() where schema_name = ? and table_name = ? and column_name in ('version', 'files')"
        if layer == "models" and connection.execute(versions, [layer, name]).fetchall() == [(2,)]:
            connection.execute(
                f'insert into quality.models select distinct publication, asset, batch_date, version, files from ({last}) join {layer}."{name}" '
                "using (batch_date) where asset = ?",
                [asset],
            )
    connection.execute(_BATCHES)


def _identify(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the warehouse an identity: the same as that of its backups, which have the same first publication."""
    connection.execute(_IDENTITY)


def _note_erasures(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_ERASURES)


_MIGRATIONS: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] = {
    1: _forget_pending_files,
    2: _time_publications,
    3: _keep_receipts,
    4: _identify,
    5: _note_erasures,
}
"""By schema version, what makes the next version of a warehouse."""
