"""Publishing: a table's batches are staged, checked, and swapped in with their ledger rows in one transaction.

Belongs here: stage, check, swap, and the Parquet files of prediction tables.
Does not belong here: where the rows come from (`table.py`), or the connection (`warehouse.py`).
"""

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from ibis.backends.duckdb import Backend

from ..content import WORDS, batch_hash, row_words
from ..engine.staging import KEPT, RAW, REJECT, REJECTED, STAGED, Query, load, make, schema_of
from ..errors import BreachError, WarehouseError
from ..partitions import name_days
from ..table.contract import Contract
from .connection import finish_files


@dataclass(frozen=True)
class Target:
    """The table that is published.

    Attributes:
        layer: its layer, which is its schema.
        name: its name.
        contract: what every kept row obeys.
        files: folder in which each batch is also published as a Parquet file, for readers that must not wait.
    """

    layer: str
    name: str
    contract: type[Contract]
    files: Path | None = None

    @property
    def asset(self) -> str:
        """The table's full name."""
        return f"{self.layer}.{self.name}"


@dataclass(frozen=True)
class Receipt:
    """What the batches were made from.

    Attributes:
        run_id: the Dagster run.
        code: version of the table's code.
        inputs: by day and upstream, the hash of the batches read.
        rows_in: by day, the rows read from the lake; None for a table that reads no raw file.
        may_keep_none: whether a batch of which no row was accepted may be published: little is said in a day.
        measures: by day, the exact total that an aggregate must keep, and the column that must keep it.
    """

    run_id: str
    code: str
    inputs: Mapping[dt.date, Mapping[str, str]]
    rows_in: Mapping[dt.date, int] | None = None
    may_keep_none: bool = False
    measures: Mapping[str, Mapping[dt.date, int]] | None = None


@dataclass(frozen=True)
class Batch:
    """What one published batch holds: rows kept and rejected, the hash of the kept ones, and the sum of a column."""

    day: dt.date
    kept: int
    rejected: int
    content: str
    total: float | None = None


def publish(
    con: Backend, target: Target, rows: Query | Iterator[pa.RecordBatch], days: Sequence[dt.date], receipt: Receipt, measure: str | None = None
) -> list[Batch]:
    """Replace the batches of `days`, all of them or none.

    `rows` may have a column `reject_reason`: rows that have one go to the quarantine, as they stood in the raw file if
    they are from one. Rows already in the temporary table `_rejected` go there too.

    Raises:
        BreachError: the rows break the contract, are of other days, or do not add up. Nothing was changed.
        WarehouseError: the batches are published, but their files cannot be put into their places yet.
    """
    _stage(con, target, rows)
    _set_rejects_aside(con, raw_rows=receipt.rows_in is not None)
    _check_contract(con, target, days)
    batches = _count(con, days, measure)
    _check_conserved(con, batches, receipt)
    files = _write_files(con.con, target, days) if target.files else []
    _swap(con.con, target, batches, receipt, files)
    left = finish_files(con.con)
    if told := [left[str(final)] for _, final in files if str(final) in left]:
        raise WarehouseError(" ".join(told))
    return batches


def _stage(con: Backend, target: Target, rows: Query | Iterator[pa.RecordBatch]) -> None:
    if isinstance(rows, Query):
        make(con, STAGED, rows)
    else:
        load(con, STAGED, target.contract.arrow_schema(), rows)
    if REJECT not in schema_of(con, STAGED):
        con.con.execute(f"alter table {STAGED} add column {REJECT} varchar")
    con.con.execute(f"create or replace temp view {KEPT} as select * exclude ({REJECT}) from {STAGED} where {REJECT} is null")


def _set_rejects_aside(con: Backend, *, raw_rows: bool) -> None:
    if raw_rows:
        con.con.execute(f"""
            insert into {REJECTED} select batch_date, source_file, source_line, s.{REJECT}, to_json(r)
            from {STAGED} s join {RAW} r using (batch_date, source_file, source_line) where s.{REJECT} is not null""")
    else:
        con.con.execute(f"""
            create or replace temp table {REJECTED} as
            select batch_date, null::varchar as source_file, null::bigint as source_line, {REJECT} as reason, to_json(s) as raw
            from {STAGED} s where {REJECT} is not null""")


def _check_contract(con: Backend, target: Target, days: Sequence[dt.date]) -> None:
    try:
        target.contract.hold(con, KEPT)
    except BreachError:
        for day in days:
            con.con.execute(f"create or replace temp view _kept_of_day as from {KEPT} where batch_date = '{day}'")
            try:
                target.contract.hold(con, "_kept_of_day")
            except BreachError as breach:
                raise BreachError(f"batch {day} breaks the contract: {breach}. The batch before it, if any, is still published.", day=day) from None
        raise
    strange = {day for (day,) in con.con.execute(f"select distinct batch_date from {STAGED}").fetchall()} - set(days)
    if strange:
        raise BreachError(f"rows of {strange} among the batches {name_days(days)}. A table yields rows of the days it is asked for.")


def _count(con: Backend, days: Sequence[dt.date], measure: str | None) -> list[Batch]:
    schema = schema_of(con, KEPT)
    sums = ", ".join(f"sum({word})" for word in row_words(schema))
    total = f'sum("{measure}")' if measure else "null"
    counted = {
        day: (kept, total, words)
        for day, kept, total, *words in con.con.execute(f"""
            select batch_date, count(*), {total}, {sums} from {KEPT} group by batch_date""").fetchall()
    }
    rejected = dict(con.con.execute(f"select batch_date, count(*) from {REJECTED} group by batch_date").fetchall())
    batches: list[Batch] = []
    for day in days:
        kept, total, words = counted.get(day, (0, None, [0] * WORDS))
        batches.append(Batch(day, kept, rejected.get(day, 0), batch_hash(schema, kept, words), total if total is None else round(float(total), 2)))
    return batches


def _check_conserved(con: Backend, batches: Sequence[Batch], receipt: Receipt) -> None:
    for batch in batches:
        rows_in = receipt.rows_in[batch.day] if receipt.rows_in is not None else None
        if rows_in is not None and rows_in != batch.kept + batch.rejected:
            raise BreachError(
                f"batch {batch.day}: {rows_in} rows were read, {batch.kept} kept and {batch.rejected} rejected. "
                "A table that reads the lake gives each row back once, with a reject_reason if it is not accepted.",
                day=batch.day,
            )
        if rows_in and not batch.kept and not receipt.may_keep_none:
            reasons = con.con.execute(
                f"""select reason, count(*) n, arg_min(source_file || ', line ' || source_line, source_line)
                from {REJECTED} where batch_date = ? group by 1 order by n desc, 1 limit 3""",
                [batch.day],
            ).fetchall()
            told = "; ".join(f"{reason} ({n} rows, the first is {first})" for reason, n, first in reasons)
            raise BreachError(f"batch {batch.day}: none of the {rows_in} rows was accepted: {told}. Is it the right file?", day=batch.day)
    for column, expected in (receipt.measures or {}).items():
        found = dict(con.con.execute(f'select batch_date, sum("{column}") from {KEPT} group by 1').fetchall())
        for day, total in expected.items():
            if int(found.get(day) or 0) != total:
                raise BreachError(f"batch {day}: {column} adds up to {found.get(day) or 0}, and the rows it was made from to {total}.", day=day)


def _write_files(connection: duckdb.DuckDBPyConnection, target: Target, days: Sequence[dt.date]) -> list[tuple[Path, Path]]:
    """Write each batch beside its final place; return (staged, final) pairs. What a crash left is overwritten."""
    if target.files is None:
        return []
    folder, latest = target.files / target.name, target.files / "latest" / f"{target.name}.parquet"
    pairs = [(folder / f".{day}.staged", folder / f"{day}.parquet") for day in days]
    folder.mkdir(parents=True, exist_ok=True)
    order = ", ".join(f'"{column}"' for column in target.contract.grain())
    for day, (staged, _) in zip(days, pairs, strict=True):
        connection.execute(f"copy (from {KEPT} where batch_date = '{day}' order by {order}) to {_text(staged)} (format parquet, compression zstd)")
    newest, staged_newest = max(days), folder / ".latest.staged"
    if not any(day > newest.isoformat() for day in (path.stem for path in folder.glob("????-??-??.parquet"))):
        shutil.copyfile(folder / f".{newest}.staged", staged_newest)
        pairs.append((staged_newest, latest))
    for staged, _ in pairs:
        with staged.open("rb") as file:
            os.fsync(file.fileno())
    return pairs


def _text(path: Path) -> str:
    """Return a path as SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _swap(connection: duckdb.DuckDBPyConnection, target: Target, batches: Sequence[Batch], receipt: Receipt, files: Iterable[tuple[Path, Path]]) -> None:
    days = [batch.day for batch in batches]
    rows_in = receipt.rows_in or {}
    ledger = [
        (
            target.asset,
            b.day,
            rows_in.get(b.day),
            b.kept,
            b.rejected,
            b.content,
            json.dumps(receipt.inputs[b.day], sort_keys=True),
            receipt.code,
            receipt.run_id,
        )
        for b in batches
    ]
    connection.begin()
    try:
        _replace_rows(connection, target, days)
        connection.execute("delete from quality.quarantine where asset = ? and batch_date in (select unnest(?))", [target.asset, days])
        connection.execute(f"insert into quality.quarantine select ?, * from {REJECTED}", [target.asset])
        connection.executemany(
            """insert into quality.ledger (asset, batch_date, rows_in, rows_kept, rows_rejected, content, inputs, code, run_id, published_at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, now())""",
            ledger,
        )
        if pending := [(str(staged), str(final)) for staged, final in files]:
            connection.executemany("insert into quality.pending_files values (?, ?)", pending)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _replace_rows(connection: duckdb.DuckDBPyConnection, target: Target, days: Sequence[dt.date]) -> None:
    table = f'{target.layer}."{target.name}"'
    connection.execute(f"create schema if not exists {target.layer}")
    connection.execute(f"create table if not exists {table} as from {KEPT} limit 0")
    there = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?", [target.layer, target.name]
    ).fetchall()
    coming = connection.execute(f"select column_name, data_type from duckdb_columns() where table_name = '{KEPT}'").fetchall()
    if set(there) != set(coming):
        raise BreachError(
            f"the warehouse's table has other columns than its contract: {sorted(set(there) ^ set(coming))}. "
            f"Drop {target.asset} in the warehouse and materialize its batches again."
        )
    connection.execute(f"delete from {table} where batch_date in (select unnest(?))", [days])
    connection.execute(f"insert into {table} by name from {KEPT}")
    if target.files:
        connection.execute(
            f"create or replace view {target.layer}.{target.name}_latest as from {table} where batch_date = (select max(batch_date) from {table})"
        )
