"""The private parts of Ibis that are used: each still does what it is used for. A failure names the part, and the pin to look at."""

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pytest

from batch_assets.engine import ibis_private


@contextmanager
def part_of_ibis(name: str) -> Iterator[None]:
    """Tell what no longer works as a change of a private part of Ibis, and not as a fault of the code that uses it."""
    try:
        yield
    except Exception:
        pytest.fail(
            f"Ibis {ibis.__version__} has changed its private part {name}: adapt batch_assets/engine/ibis_private.py, "
            f"or pin ibis-framework in pyproject.toml and constraints.txt to the version before.\n{traceback.format_exc()}",
            pytrace=False,
        )


def test_types_are_spelt_as_duckdb_has_them() -> None:
    with part_of_ibis("ibis.backends.sql.datatypes.DuckDBType.to_string"):
        kinds = (dt.int64, dt.string, dt.Array(dt.float64), dt.Struct({"a": dt.date}), dt.Decimal(9, 2), dt.Timestamp(scale=6))
        con = ibis.duckdb.connect()
        columns = ", ".join(f"c{n} {ibis_private.type_name(kind)}" for n, kind in enumerate(kinds))
        con.con.execute(f"create table t ({columns})")
        assert con.table("t").schema().types == kinds


def test_a_backend_is_in_utc_and_has_the_version_of_its_engine() -> None:
    with part_of_ibis("ibis.backends.duckdb.Backend.version, from_connection"):
        con = ibis_private.backend_of(duckdb.connect())
        assert con.con.execute("select current_setting('TimeZone')").fetchall() == [("UTC",)]
        assert con.version == duckdb.__version__
        assert con.list_tables() == []


_TABLE = ibis.table({"a": "string", "day": "date"}, name="t")
_NAMED = ibis.udf.scalar.builtin(lambda text: None, name="upper", signature=(("string",), "string"))
_NAMED_OTHERWISE = ibis.udf.scalar.builtin(lambda text: None, name="lower", signature=(("string",), "string"))


def test_what_is_written_of_an_expression_is_of_that_one_alone() -> None:
    with part_of_ibis("the pickling of ibis.expr.operations.Node"):
        expressions = [
            _TABLE,
            _TABLE.view(),
            ibis.table({"a": "string", "day": "date"}, name="u"),
            ibis.table({"a": "string", "day": "timestamp"}, name="t"),
            *(_TABLE.filter(ibis._.day > ibis.date(day)) for day in ("2017-01-01", "2017-01-02")),
            *(_TABLE.filter(ibis._.a == value) for value in ("1", "1 ", "2")),
            _TABLE.filter(ibis._.a.length() == 1),
            *(_TABLE.mutate(b=function(_TABLE.a)) for function in (_NAMED, _NAMED_OTHERWISE)),
            _TABLE.group_by("a").agg(n=ibis._.count()),
            _TABLE.group_by("a").agg(m=ibis._.count()),
        ]
        assert len({ibis_private.written(expression) for expression in expressions}) == len(expressions)
        assert all(ibis_private.written(expression) == ibis_private.written(expression) for expression in expressions)


def test_what_is_written_is_the_same_in_every_process() -> None:
    code = """
from hashlib import sha256
from batch_assets.engine.ibis_private import written
from batch_assets.table.graph import Graph
for table in Graph("batch_assets").tables():
    if table.expression is not None:
        print(table.name, sha256(written(table.expression) or b"").hexdigest())
"""
    told = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout.split()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert {"category_demand", "till_lines"} <= set(told[0])


def test_what_cannot_be_written_is_not() -> None:
    @ibis.udf.scalar.python  # type: ignore[untyped-decorator]
    def longer(text: str) -> str:
        return text + text

    def of(value: ir.Value) -> bytes | None:
        return ibis_private.written(_TABLE.mutate(b=value))

    assert of(longer(_TABLE.a)) is None


def test_rows_in_memory_are_seen_wherever_they_are_in_an_expression() -> None:
    with part_of_ibis("ibis.expr.operations.InMemoryTable, Node.find"):
        stored = ibis.table({"a": "int64"}, name="stored")
        assert not ibis_private.has_rows_in_memory(stored.mutate(b=1).group_by("b").agg(n=ibis._.count()))
        assert ibis_private.has_rows_in_memory(stored.join(ibis.memtable({"a": [1]}), "a").filter(ibis._.a > 0))


def test_rows_in_memory_are_registered_by_the_names_that_the_sql_has() -> None:
    with part_of_ibis("ibis.backends.duckdb.Backend._run_pre_execute_hooks"):
        con = ibis.duckdb.connect()
        expression = ibis.memtable({"a": [1, 2]}).mutate(b=ibis._.a * 2)
        ibis_private.register_rows_in_memory(con, expression)
        assert con.con.execute(str(ibis.duckdb.compile(expression))).fetchall() == [(1, 2), (2, 4)]


def test_a_table_is_known_by_its_columns_and_read_from_its_schema() -> None:
    with part_of_ibis("ibis.expr.operations.DatabaseTable, Namespace"):
        con = ibis.duckdb.connect()
        known = ibis_private.known_table(con, "things", ibis.schema({"a": "int64"}), "marts")
        assert known.columns == ("a",)
        con.con.execute("create schema marts; create table marts.things as select 1::bigint as a")
        assert known.to_pyarrow().to_pydict() == {"a": [1]}
        con.con.execute("create temp table mine as select 2::bigint as a")
        assert ibis_private.known_table(con, "mine", ibis.schema({"a": "int64"})).to_pyarrow().to_pydict() == {"a": [2]}


def test_compilers_of_other_engines_are_imported_when_asked_for() -> None:
    code = """
import sys
from batch_assets.engine.ibis_private import import_compilers_when_asked
import_compilers_when_asked()
import ibis
from ibis.backends.duckdb import Backend
names = lambda: {name.rpartition(".")[2] for name in sys.modules if name.startswith("ibis.backends.sql.compilers.")}
assert "SELECT" in ibis.duckdb.compile(ibis.table({"a": "int64"}, name="t"))
assert names() == {"base", "duckdb", "_compat"}, names()
t = ibis.table({"a": "int64"}, name="t")
assert "`t`" in ibis.to_sql(t, dialect="pyspark")
assert {"pyspark", "postgres"} <= names()
from ibis.backends.sql.compilers import PostgresCompiler
assert '"t"' in ibis.to_sql(t, dialect="postgres")
"""
    with part_of_ibis("ibis.backends.sql.compilers"):
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
