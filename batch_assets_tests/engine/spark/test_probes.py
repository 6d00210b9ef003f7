"""Every operation that any table's expression has gives the same on both engines, over rows of all kinds."""

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow.parquet as pq
import pytest

from batch_assets.engine import ibis_private
from batch_assets.engine.spark.ibis_private import to_sql
from batch_assets.engine.spark.session import session

from .probes import Probes

PROBES = Probes()
AT_ONCE = 25
"""The number of probes in one query, which is as quick as one of one. The embedded engine takes some aggregates for the same, so each has its own."""
PORTIONS = [*(PROBES.of_one_row[begin : begin + AT_ONCE] for begin in range(0, len(PROBES.of_one_row), AT_ONCE)), *([probe] for probe in PROBES.of_many)]


def asked(probes: Sequence[ops.Value]) -> ir.Table:
    """Return an expression of probes of one kind, a column each."""
    values = {f"p{number}": probe.to_expr() for number, probe in enumerate(probes)}
    if isinstance(probes[0], ops.Reduction):
        return PROBES.table.group_by("of").agg(**values)
    return PROBES.table.select("id", **values)


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> ibis.BaseBackend:
    """DuckDB, with the rows that are probed; Spark has them as well."""
    con = ibis.duckdb.connect()
    path = tmp_path_factory.mktemp("probes") / "probed.parquet"
    pq.write_table(PROBES.rows(), path)
    con.raw_sql(f"create table probed as from read_parquet('{path}')")
    session().read.parquet(str(path)).createOrReplaceTempView("probed")
    return con


@pytest.mark.parametrize("probes", PORTIONS, ids=lambda probes: f"{type(probes[0]).__name__} and {len(probes) - 1} others")
def test_both_engines_give_the_same(probes: list[ops.Value], con: ibis.BaseBackend, tmp_path: Path) -> None:
    expression = asked(probes)
    session().sql(to_sql(expression)).write.parquet(str(tmp_path / "made"))
    columns = {name: ibis_private.type_name(kind) for name, kind in expression.schema().items()}
    first = next(iter(columns))
    for table, rows in (("one", ibis_private.to_sql(expression)), ("other", f"select {', '.join(columns)} from read_parquet('{tmp_path}/made/*.parquet')")):
        con.raw_sql(f"create or replace temp table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        con.raw_sql(f"insert into {table} {rows}")
    for name, probe in zip(list(columns)[1:], probes, strict=True):
        differ = con.raw_sql(
            f"select {first}, one.{name}, other.{name} from one join other using ({first}) where one.{name} is distinct from other.{name} limit 3"
        )
        assert not (found := differ.fetchall()), f"{probe.to_expr()}\nDuckDB and Spark: {found}"
    assert con.raw_sql("select count(*) from one").fetchall() == con.raw_sql("select count(*) from other").fetchall() != [(0,)]
