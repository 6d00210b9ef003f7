"""Forgetting who is erased in tables whose published batches stand: models and predictions are not made again, but rows about the person go.

Such a row names a person by a pseudonym, as a customer's number. Whose number no other table knows any more, since what it was made of is gone, is forgotten.
Belongs here: which rows go, and publishing what is left. Does not belong here: all other tables, which are made again.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from ...engine.staging import KEPT, REJECTED, REJECTED_SCHEMA, load
from ...table.table import Table
from ..batch import ERASURE, Receipt, Target
from ..connection import Warehouse
from ..files import LAYER
from ..publication import publish_staged
from ..schema import tables_there

Known = Mapping[str, Sequence[int | str]]
"""The pseudonyms that are known, by column."""


def known(con: Backend, tables: Sequence[Table]) -> Known:
    """Return the pseudonyms that tables know which are made again whenever what they were made from changes; of columns that others have, too."""
    asked = sorted({column for table in tables if table.stands for column in table.contract.pseudonyms()})
    return {column: sorted({value for table in tables if not table.stands for value in _values(con, table, column)}) for column in asked}


def forget(warehouse: Warehouse, tables: Sequence[Table], before: Known, name: str) -> Iterator[tuple[str, dt.date, int]]:
    """Publish the batches that stand without the rows whose pseudonym nothing knows any more; yield table, day and number of rows that went.

    Args:
        warehouse: the warehouse.
        tables: all tables.
        before: the pseudonyms that were known before.
        name: the erasure's name.
    """
    with warehouse.connect() as con:
        now = known(con, tables)
        gone = {column: sorted({*values} - {*now.get(column, ())}) for column, values in before.items()}
        for table in tables:
            columns = [column for column in table.contract.pseudonyms() if gone.get(column)] if table.stands else []
            if columns and _is_there(con, table):
                yield from _forget(con, warehouse, table, {column: gone[column] for column in columns}, name)


def _forget(con: Backend, warehouse: Warehouse, table: Table, gone: Known, name: str) -> Iterator[tuple[str, dt.date, int]]:
    con.con.execute("create or replace temp table _gone (name varchar, value varchar)")
    for column, values in gone.items():
        con.con.execute("insert into _gone select ?, unnest(?::varchar[])", [column, [str(value) for value in values]])
    is_gone = " or ".join(f"\"{column}\"::varchar in (select value from _gone where name = '{column}')" for column in gone)
    rows = f'{table.layer}."{table.name}"'
    found = con.con.execute(f"select batch_date, count(*) from {rows} where {is_gone} group by 1 order by 1").fetchall()
    for day, count in found:
        con.con.execute(f"create or replace temp table {KEPT}_left as from {rows} where batch_date = '{day}' and not coalesce({is_gone}, false)")
        con.con.execute(f"create or replace temp view {KEPT} as from {KEPT}_left")
        load(con, REJECTED, REJECTED_SCHEMA, iter(()))
        ((code, inputs),) = con.con.execute("select code, inputs from quality.batches where asset = ? and batch_date = ?", [table.asset, day]).fetchall()
        receipt = Receipt(run_id=f"{ERASURE}.{name}", code=code, inputs={day: {**json.loads(inputs), ERASURE: name}})
        files = Path(warehouse.published) if table.layer == LAYER else None
        publish_staged(con, warehouse.store, Target(table.layer, table.name, table.contract, files), [day], receipt, table.measure)
        yield table.asset, day, count


def _values(con: Backend, table: Table, column: str) -> list[int | str]:
    if column not in table.contract.pseudonyms() or not _is_there(con, table):
        return []
    rows = con.con.execute(f'select distinct "{column}" from {table.layer}."{table.name}" where "{column}" is not null').fetchall()
    return [value for (value,) in rows]


def _is_there(con: Backend, table: Table) -> bool:
    return (table.layer, table.name) in tables_there(con.con)
