"""Audit: one query finds the breaches of a contract that pandera finds, and they are told with a few values of many."""

import datetime as dt
from pathlib import Path

import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.errors import BreachError, DefinitionError
from batch_assets.table.contract import Contract, Field, Nested
from batch_assets.table.graph import Graph
from batch_assets.warehouse import audit
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..engine.conftest import like
from ..shop import PACKAGE
from ..shop_lake import day_of, write_days

DAY = dt.date(2017, 1, 1)


class Samples(Contract):
    """Every rule that one query can check."""

    batch_date: types.Date = Field(description="day")
    key: types.String = Field(isin=["a", "it's", "c"], description="text of a few")
    least: types.Int64 = Field(ge=0, le=3, description="between, bounds included")
    more: types.Float64 = Field(gt=0, lt=3, nullable=True, description="between, bounds excluded, or null")

    class Config:
        """One row per key and least."""

        unique = ["batch_date", "key", "least"]


def row(key: str | None = "a", least: int | None = 1, more: float | None = 1.0, day: dt.date | None = DAY) -> dict[str, object]:
    """Return a row that holds, but for what is given."""
    return {"batch_date": day, "key": key, "least": least, "more": more}


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["a", "it's", "c", "a", "b", None]),
        st.sampled_from([0, 1, 2, 3, 1, 2, -1, 4, None]),
        st.sampled_from([0.5, 1.0, 2.0, None, 0.0, 3.0]),
    ),
    min_size=1,
    max_size=4,
)


def broken(rows: list[dict[str, object]], *, by_pandera: bool = False) -> str | None:
    """Return what is told of the rows' breaches; None if there are none."""
    con = ibis.duckdb.connect()
    schema = Samples.arrow_schema()
    con.create_table("rows", ibis.memtable(rows, schema=ibis.Schema.from_pyarrow(schema)) if rows else None, schema=ibis.Schema.from_pyarrow(schema))
    with pytest.MonkeyPatch.context() as patch:
        if by_pandera:
            patch.setattr(audit, "_breaches", lambda *_: None)
        try:
            audit.hold(con, Samples, "rows")
        except BreachError as breach:
            return str(breach)
    return None


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_one_query_finds_a_breach_when_pandera_does(rows: list[dict[str, object]]) -> None:
    assert broken(rows) == broken(rows, by_pandera=True)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (row(key="b"), "key: .*isin"),
        (row(key=None), "key: .*null"),
        (row(least=-1), "least: .*greater_than_or_equal_to"),
        (row(least=4), "least: .*less_than_or_equal_to"),
        (row(more=0.0), "more: .*greater_than"),
        (row(more=3.0), "more: .*less_than"),
        (row(key="c"), "unique"),
    ],
)
def test_a_breach_names_column_and_rule(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(broken([row(key="c"), wrong]))


def test_no_rows_break_nothing() -> None:
    assert broken([]) is None
    assert broken([], by_pandera=True) is None


def test_other_columns_than_the_contracts_are_a_fault_of_the_code() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::bigint as least, 1 as other")
    with pytest.raises(DefinitionError, match=r"\['more', 'other'\] are in the rows or in the contract Samples, not in both"):
        audit.hold(con, Samples, "rows")


def test_another_type_is_a_breach() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::int as least, 1.0::double as more")
    with pytest.raises(BreachError, match=r"^least: the rows have the type int32, the contract int64$"):
        audit.hold(con, Samples, "rows")


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf"])
def test_what_is_no_finite_number_is_a_breach(wrong: str) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::bigint as least, '{wrong}'::double as more")
    with pytest.raises(BreachError, match=r"^more: 1 values are not finite numbers$"):
        audit.hold(con, Samples, "rows")


class Words(Nested):
    """Words in their order."""

    type = types.Array(types.string)


class Nesting(Contract):
    """A column of arrays."""

    batch_date: types.Date = Field(description="day")
    words: Words = Field(description="words")

    class Config:
        """One row per day."""

        unique = ["batch_date"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("['a', null]::varchar[]", None),
        ("[]::varchar[]", None),
        ("null::varchar[]", "words: .*null"),
        ("[1]::bigint[]", r"^words: the rows have the type array<int64>, the contract array<string>$"),
    ],
)
def test_an_array_obeys_its_contract_or_breaks_it(words: str, told: str | None) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create table rows as select date '2017-01-01' as batch_date, {words} as words")
    if told is None:
        audit.hold(con, Nesting, "rows")
    else:
        with pytest.raises(BreachError, match=told):
            audit.hold(con, Nesting, "rows")


class Checked(Contract):
    """A check that one query does not know."""

    batch_date: types.Date = Field(description="day")
    code: types.String = Field(str_matches=r"^[a-z]+$", description="letters")

    class Config:
        """One row per day."""

        unique = ["batch_date"]


def test_a_check_that_one_query_does_not_know_is_panderas() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'abc' as code")
    audit.hold(con, Checked, "rows")
    con.con.execute("update rows set code = 'a1'")
    with pytest.raises(BreachError, match=r"code: .*str_matches"):
        audit.hold(con, Checked, "rows")


def test_few_values_of_many_are_told() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::bigint as least, n + 3.0 as more from range(1000) t(n)")
    con.con.execute("alter table rows alter more type double")
    with pytest.raises(BreachError) as breach:
        audit.hold(con, Samples, "rows")
    assert len(str(breach.value)) < 1000


def test_an_aggregate_that_makes_up_a_day_of_which_there_is_nothing_is_refused(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store was closed on the second day; the aggregate repeats the first one's rows for it."""
    monkeypatch.setattr("batch_assets.settings.settings.closed_days", frozenset({day_of(1)}))
    write_days(Path(warehouse.lake), 1)
    for name in ("shelf_counts", "shelf_kinds"):
        publish(Graph(PACKAGE).table(name), warehouse, [day_of(0), day_of(1)], "run")

    def repeats(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        made = Graph(PACKAGE).table("kind_counts").function(shelf_counts, shelf_kinds)
        return made.union(made.mutate(batch_date=made.batch_date + ibis.interval(days=1)))  # type: ignore[union-attr]

    with warehouse.connect() as con:
        assert audit.totals_to_conserve(con, Graph(PACKAGE).table("kind_counts"), [day_of(0), day_of(1)]) == {"pieces": {day_of(0): 35, day_of(1): 0}}
    with pytest.raises(BreachError, match="batch 2017-01-02: pieces adds up to 35, and the rows it was made from to 0"):
        publish(like("kind_counts", repeats), warehouse, [day_of(0), day_of(1)], "run")
