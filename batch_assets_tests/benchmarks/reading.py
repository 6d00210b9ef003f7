"""Reading: till lines per second, from files to cleaned rows, compared with plain DuckDB and the same expression.

The project reads every line or gives the reason why it cannot, records each row's line number, and hashes each file. Plain
DuckDB reads the same files with explicit text columns and `ignore_errors`, has no line numbers (0 is used instead), and
runs the same SQL of `till_lines` directly on the files. Both write a temporary table and run on two threads. The SQL is
compiled beforehand for both, since that takes as long for a day as for a year.
"""

import datetime as dt
from itertools import count
from pathlib import Path

import ibis
import pyarrow as pa
from ibis.backends.duckdb import Backend

from batch_assets.engine.reading import read_lake
from batch_assets.engine.staging import RAW, STAGED
from batch_assets.partitions import days_between
from batch_assets.table.table import Table
from batch_assets.warehouse.publication import publish

from .bars import Bar, interleaved, median, print_table
from .workshop import GRAPH, Workshop

DAYS = days_between(dt.date(2017, 9, 1), dt.date(2017, 10, 30))
TIMES = 7
PUBLICATIONS = 25
"""A publication has the file system in it, so its times differ more than those in memory."""


def measure(workshop: Workshop) -> list[Bar]:
    """Print the rates and return the bar."""
    table, lake = GRAPH.table("till_lines"), workshop.lake
    ours, plain = _engine(), _engine()
    _plain_view(plain, lake)
    read_lake(ours, GRAPH.source("pos_log"), lake, DAYS[:1])
    staging = {con: f"create or replace temp table {STAGED} as {con.compile(table(pos_log=con.table(RAW)))}" for con in (ours, plain)}

    seconds = interleaved(
        TIMES,
        {
            "read into _raw": lambda: read_lake(ours, GRAPH.source("pos_log"), lake, DAYS),
            "clean into _staged": lambda: ours.con.execute(staging[ours]),
            "plain DuckDB": lambda: plain.con.execute(staging[plain]),
        },
    )
    rows, rows_plain = _count(ours), _count(plain)
    total = median([read + clean for read, clean in zip(seconds["read into _raw"], seconds["clean into _staged"], strict=True)])
    spent = {name: median(times) for name, times in seconds.items()} | {
        "both: ours": total,
    }
    print_table(
        f"Reading {len(DAYS)} days of till files, {rows:,} rows ({rows_plain:,} by plain DuckDB), medians of {TIMES}",
        ["", "seconds", "rows/s"],
        [[name, f"{time:.3f}", f"{rows / time:,.0f}"] for name, time in spent.items()],
    )
    return [
        Bar("reading and cleaning: rate beside plain DuckDB", (rows / total) / (rows_plain / spent["plain DuckDB"]), least=0.8),
        _published(workshop, table, str(ours.compile(table(pos_log=ours.table(RAW)))), rows, rows_plain),
    ]


def _engine() -> Backend:
    con = ibis.duckdb.connect()
    con.con.execute("set TimeZone = 'UTC'")
    con.con.execute("set threads = 2")
    return con


def _plain_view(con: Backend, lake: Path) -> None:
    """Make the raw files a view with the columns that the expression expects."""
    source = GRAPH.source("pos_log")
    files = [str(source.path(lake, day)) for day in DAYS]
    text = dict.fromkeys(source.columns, "VARCHAR")
    con.con.execute(f"""
        create temp view {RAW} as
        select regexp_extract(filename, '(\\d{{4}}-\\d\\d-\\d\\d)', 1)::date as batch_date, filename as source_file, 0::bigint as source_line, {", ".join(text)}
        from read_csv({files}, columns = {text}, header = true, filename = true, ignore_errors = true)""")


def _count(con: Backend) -> int:
    return pa.table(con.con.execute(f"select count(*) as n from {STAGED}").to_arrow_table())["n"][0].as_py()


def _published(workshop: Workshop, table: Table, cleaning: str, rows: int, rows_plain: int) -> Bar:
    """Time the whole path, from raw files to a mart in a new file: a publication, and plain DuckDB that creates a table as its query says."""
    numbers = count()

    def publish_all() -> None:
        publish(table, workshop.empty(f"published_{next(numbers)}").warehouse, DAYS, "benchmark")

    def create_table() -> None:
        con = ibis.duckdb.connect(workshop.folder / f"plain_{next(numbers)}.duckdb")
        con.con.execute("set TimeZone = 'UTC'; set threads = 2")
        _plain_view(con, workshop.lake)
        con.con.execute(f"create table {table.name} as {cleaning}")
        con.disconnect()

    seconds = {name: median(times) for name, times in interleaved(PUBLICATIONS, {"published": publish_all, "plain DuckDB": create_table}).items()}
    print_table(
        f"From raw files to a mart in a file, the same days, medians of {PUBLICATIONS}",
        ["", "seconds", "rows/s"],
        [[name, f"{time:.3f}", f"{rows / time:,.0f}"] for name, time in seconds.items()],
    )
    return Bar(
        "from raw files to a published mart: rate beside plain DuckDB", (rows / seconds["published"]) / (rows_plain / seconds["plain DuckDB"]), least=0.8
    )
