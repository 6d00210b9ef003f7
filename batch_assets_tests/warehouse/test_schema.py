"""The warehouse's own tables: those of an older version become those of today, whatever fails meanwhile, and an unknown version is refused."""

import datetime as dt
from pathlib import Path

import duckdb
import ibis
import pytest

from batch_assets.engine.canonical import contents
from batch_assets.errors import WarehouseError
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.schema import SCHEMA_VERSION

from ..conftest import warehouse_in
from .faults import Act, fail, kill, states_after
from .things import DAY, LAST, NEXT, assert_one_story, put, stamp


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A DuckDB file; a session of Delta tables makes these tables anew."""
    return warehouse_in(tmp_path)


def test_a_warehouse_of_another_schema_version_is_refused(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        con.con.execute("update quality.warehouse set schema_version = 99")
    with pytest.raises(WarehouseError, match=rf"schema version 99, but this code writes version {SCHEMA_VERSION}\. Use the code"), warehouse.connect():
        pass


SCHEMA_1 = """
create schema quality; create schema predictions;
create table quality.warehouse as select 1 as schema_version;
create sequence quality.publication;
create table quality.ledger (
    publication bigint default nextval('quality.publication'), asset varchar, batch_date date, rows_in bigint,
    rows_kept bigint, rows_rejected bigint, content varchar, inputs json, code varchar, run_id varchar, published_at timestamptz);
create table quality.quarantine (asset varchar, batch_date date, source_file varchar, source_line bigint, reason varchar, raw varchar);
create table quality.pending_files (staged varchar, final varchar);
create view quality.batches as select * from quality.ledger qualify row_number() over (partition by asset, batch_date order by publication desc) = 1;
create table predictions.things (batch_date date, thing bigint);
insert into predictions.things values ('2017-01-01', 1), ('2017-01-02', 2);
insert into quality.ledger (asset, batch_date, rows_kept, rows_rejected, content, inputs, code, run_id, published_at)
    values ('predictions.things', '2017-01-01', 1, 0, '', '{}', 'code', 'run', now()),
        ('predictions.things', '2017-01-02', 1, 0, '', '{}', 'code', 'run', now());
insert into quality.pending_files values ('things/.2017-01-02.staged', 'things/2017-01-02.parquet');
create view predictions.things_latest as
    from predictions.things where batch_date = (select max(batch_date) from quality.batches where asset = 'predictions.things');
"""


def tell_contents(old: duckdb.DuckDBPyConnection, table: str) -> dict[dt.date, str]:
    """Write the contents of a table's batches into the ledger of an old warehouse, and return them."""
    told = {day: content for day, (_, content, _) in contents(ibis.duckdb.from_connection(old), table).items()}
    for day, content in told.items():
        old.execute("update quality.ledger set content = ? where asset = ? and batch_date = ?", [content, table, day])
    return told


def test_a_warehouse_of_the_schema_before_is_migrated_and_its_files_say_what_they_are(warehouse: Warehouse) -> None:
    folder = Path(warehouse.published)
    for name in ("things", "latest"):
        (folder / name).mkdir(parents=True)
    with duckdb.connect(warehouse.database) as old:
        old.execute(SCHEMA_1)
        told = tell_contents(old, "predictions.things")
        for day, name in ((DAY, f"things/{DAY}.parquet"), (NEXT, f"things/.{NEXT}.staged"), (DAY, "latest/things.parquet")):
            old.execute(f"copy (from predictions.things where batch_date = '{day}') to '{folder / name}' (format parquet)")
    assert_one_story(warehouse)
    assert [stamp(folder / "things" / f"{day}.parquet") for day in (DAY, NEXT)] == [(1, told[DAY]), (2, told[NEXT])]
    with warehouse.connect() as con:
        assert con.con.execute("select schema_version from quality.warehouse").fetchall() == [(SCHEMA_VERSION,)]
        assert con.con.execute("select 1 from duckdb_tables() where table_name = 'pending_files'").fetchall() == []
    put(warehouse, 7, days=(NEXT,))
    assert_one_story(warehouse)
    assert stamp(folder / "latest" / "things.parquet")[0] == 3


SCHEMA_2 = """
create schema quality; create schema predictions; create schema models; create schema marts;
create table quality.warehouse as select 2 as schema_version;
create sequence quality.publication start 9;
create table quality.ledger (
    publication bigint, asset varchar, batch_date date, rows_in bigint, rows_kept bigint, rows_rejected bigint,
    content varchar, inputs json, code varchar, run_id varchar, published_at timestamptz);
create table quality.quarantine (asset varchar, batch_date date, source_file varchar, source_line bigint, reason varchar, raw varchar);
create view quality.batches as select * from quality.ledger qualify row_number() over (partition by asset, batch_date order by publication desc) = 1;
insert into quality.ledger by name (
    select publication, asset, day::date as batch_date, kept as rows_kept, 0 as rows_rejected, '' as content, '{}' as inputs, 'code' as code
    from (values
        (1, 'predictions.things', '2017-01-01', 1), (2, 'predictions.things', '2017-01-02', 1), (3, 'predictions.things', '2017-01-03', 1),
        (4, 'models.mean', '2017-01-01', 1), (5, 'models.mean', '2017-01-02', 1), (6, 'models.mean', '2017-01-02', 1),
        (7, 'marts.dropped', '2017-01-01', 1), (8, 'marts.emptied', '2017-01-01', 1), (8, 'marts.emptied', '2017-01-02', 0)
    ) as given(publication, asset, day, kept));
create table predictions.things (batch_date date, thing bigint);
insert into predictions.things values ('2017-01-02', 1), ('2017-01-03', 2);
create table models.mean (batch_date date, version varchar, files varchar);
insert into models.mean values ('2017-01-01', 'v1', 'f1'), ('2017-01-02', 'v2', 'f2');
create table marts.emptied (batch_date date);
"""
"""Of the things, the batch of the first day went when the table was dropped; one mart was dropped, and the rows of another deleted."""


def old_warehouse(folder: Path) -> Warehouse:
    """Return a warehouse of version 2."""
    warehouse = warehouse_in(folder)
    Path(warehouse.database).parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(warehouse.database) as old:
        old.execute(SCHEMA_2)
        tell_contents(old, "predictions.things")
    return warehouse


def test_a_warehouse_without_receipts_keeps_what_it_has_and_begins_to_write_them(tmp_path: Path) -> None:
    warehouse = old_warehouse(tmp_path)
    with warehouse.connect() as con:
        assert con.con.execute("select asset, batch_date from quality.batches order by all").fetchall() == [
            ("models.mean", DAY),
            ("models.mean", NEXT),
            ("predictions.things", NEXT),
            ("predictions.things", LAST),
        ]
        assert con.con.execute("from quality.models order by all").fetchall() == [(4, "models.mean", DAY, "v1", "f1"), (6, "models.mean", NEXT, "v2", "f2")]
    put(warehouse, 7, days=(DAY,))
    assert_one_story(warehouse)
    with warehouse.connect() as con:
        assert con.con.execute("select count(*) from quality.runs").fetchall() == [(1,)]


@pytest.mark.parametrize("act", [fail, kill])
def test_a_migration_is_made_whole_whatever_fails_meanwhile(tmp_path: Path, act: Act) -> None:
    old_warehouse(tmp_path / "before")

    def opens(warehouse: Warehouse) -> bool:
        with warehouse.connect():
            return True

    for warehouse in states_after(tmp_path / "before", tmp_path, act, opens):
        with duckdb.connect(warehouse.database) as left:
            names = {name for (name,) in left.execute("select table_name from duckdb_tables() where schema_name = 'quality'").fetchall()}
            assert ("receipts" in names) == (left.execute("select schema_version from quality.warehouse").fetchall() == [(SCHEMA_VERSION,)])
        put(warehouse, 7, days=(DAY,))
        assert_one_story(warehouse)
