"""Audit: one query finds the breaches of a contract that pandera finds, and they are told with a few values of many."""

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import ibis
import ibis.expr.datatypes as types
import ibis.expr.types as ir
import pandera.ibis as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.engine import breaches
from batch_assets.engine.staging import KEPT
from batch_assets.errors import BreachError, DefinitionError
from batch_assets.settings import Closing
from batch_assets.table.contract import Contract, Field, Nested, rule
from batch_assets.table.graph import Graph
from batch_assets.warehouse import holding
from batch_assets.warehouse.batch import Conserved
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.conservation import check_sums, to_conserve
from batch_assets.warehouse.holding import hold
from batch_assets.warehouse.publication import publish

from ..engine.conftest import like
from ..shop import PACKAGE
from ..shop_lake import day_of, write_day, write_days
from .things import A_FILE

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
            patch.setattr(breaches, "of_rows", lambda *_: None)
        try:
            hold(con, Samples, "rows")
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
        hold(con, Samples, "rows")


def test_another_type_is_a_breach() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::int as least, 1.0::double as more")
    with pytest.raises(BreachError, match=r"^least: the rows have type int32, the contract says int64$"):
        hold(con, Samples, "rows")


@pytest.mark.parametrize("wrong", ["nan", "inf", "-inf"])
def test_what_is_no_finite_number_is_a_breach(wrong: str) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::bigint as least, '{wrong}'::double as more")
    with pytest.raises(BreachError, match=r"^more: 1 values are not finite numbers$"):
        hold(con, Samples, "rows")


@pytest.mark.parametrize(("column", "wrong"), [("batch_date", "date 'infinity'"), ("at", "timestamp '-infinity'"), ("at", "timestamp 'infinity'")])
def test_an_infinite_time_is_a_breach(column: str, wrong: str) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create table rows as select date '{DAY}' as batch_date, timestamp '{DAY}' as at")
    hold(con, Timed, "rows")
    con.con.execute(f'update rows set "{column}" = {wrong}')
    with pytest.raises(BreachError, match=rf"^{column}: 1 values are not finite times$"):
        hold(con, Timed, "rows")


class Timed(Contract):
    """A time of a day."""

    batch_date: types.Date = Field(description="day")
    at: Annotated[types.Timestamp, None, 6, True] = Field(description="time")

    class Config:
        """One row per day."""

        unique = ["batch_date"]


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
        ("[1]::bigint[]", r"^words: the rows have type array<int64>, the contract says array<string>$"),
    ],
)
def test_an_array_obeys_its_contract_or_breaks_it(words: str, told: str | None) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create table rows as select date '2017-01-01' as batch_date, {words} as words")
    if told is None:
        hold(con, Nesting, "rows")
    else:
        with pytest.raises(BreachError, match=told):
            hold(con, Nesting, "rows")


class Checked(Contract):
    """A check that one query does not know."""

    batch_date: types.Date = Field(description="day")
    code: types.String = Field(str_startswith="a", description="a word")

    class Config:
        """One row per day."""

        unique = ["batch_date"]


def test_a_check_that_one_query_does_not_know_is_panderas() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'abc' as code")
    hold(con, Checked, "rows")
    con.con.execute("update rows set code = 'bc'")
    with pytest.raises(BreachError, match=r"code: .*str_startswith"):
        hold(con, Checked, "rows")


class Written(Contract):
    """A text in a form."""

    batch_date: types.Date = Field(description="day")
    code: types.String = Field(nullable=True, str_matches="b|'", description="what begins with a b or has a quote")

    class Config:
        """One row per day."""

        unique = ["batch_date"]


@pytest.mark.parametrize(("code", "is_right"), [("bc", True), ("a'", True), (None, True), ("ab", False), ("", False)])
def test_a_form_is_checked_as_pandera_does_which_is_not_asked_if_it_is_kept(code: str | None, is_right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, ?::varchar as code", [code])
    if is_right:
        assert holding._breaches_by_pandera(con, Written, "rows") == []
        monkeypatch.delattr(holding, "_breaches_by_pandera")
        hold(con, Written, "rows")
    else:
        with pytest.raises(BreachError, match=r"code: .*str_matches"):
            hold(con, Written, "rows")


def test_few_values_of_many_are_told() -> None:
    con = ibis.duckdb.connect()
    con.con.execute("create table rows as select date '2017-01-01' as batch_date, 'a' as key, 1::bigint as least, n + 3.0 as more from range(1000) t(n)")
    con.con.execute("alter table rows alter more type double")
    with pytest.raises(BreachError) as breach:
        hold(con, Samples, "rows")
    assert len(str(breach.value)) < 1000


@pytest.mark.parametrize(
    ("kind", "made", "expected"),
    [("decimal(18, 2)", "5.99", "5"), ("decimal(18, 2)", "5", "5.99"), ("bigint", "9007199254740993", "9007199254740992"), ("bigint", "null", "1")],
)
def test_not_a_cent_of_a_sum_is_cut_off(kind: str, made: str, expected: str) -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create temp table {KEPT} as select date '{DAY}' as batch_date, {made}::{kind} as amount, 7 as count")
    right, wrong = Conserved("count", "lines.count", {DAY: 7}), Conserved("amount", "lines.cents", {DAY: Decimal(expected)})
    check_sums(con, [right])
    with pytest.raises(BreachError, match=rf"^batch {DAY}: amount adds up to .*, and lines\.cents, which it is made from, to {expected}\.$"):
        check_sums(con, [right, wrong])
    with pytest.raises(BreachError, match="count adds up to 7"):
        check_sums(con, [Conserved("count", "others.count", {DAY: 8}), right])


def test_a_day_without_rows_must_add_up_to_nothing() -> None:
    con = ibis.duckdb.connect()
    con.con.execute(f"create temp table {KEPT} as select date '{DAY}' as batch_date, 1 as amount where false")
    check_sums(con, [Conserved("amount", "lines.cents", {DAY: 0})])
    with pytest.raises(BreachError, match=r"amount adds up to 0, .* to 5"):
        check_sums(con, [Conserved("amount", "lines.cents", {DAY: 5})])


def test_a_float_is_not_conserved() -> None:
    con = ibis.duckdb.connect()
    table = dataclasses.replace(Graph(PACKAGE).table("expected_counts"), conserves={"shelf_counts": {"pieces": "pieces"}})
    with pytest.raises(DefinitionError, match=r"predictions\.expected_counts: conserves pieces, a float"):
        to_conserve(con, table, [DAY])


class Intervals(Contract):
    """A rule between columns, a column that is unique by itself, and a rule of pandera's own."""

    batch_date: types.Date = Field(description="day")
    key: types.String = Field(unique=True, nullable=True, description="a name of its own")
    lower: types.Int64 = Field(nullable=True, description="the least")
    upper: types.Int64 = Field(description="the most")

    @rule
    def bounds_do_not_cross(cls, rows: ir.Table) -> ir.BooleanValue:
        """`lower <= upper`."""
        return rows.lower <= rows.upper

    class Config:
        """One row per lower and upper."""

        unique = ["batch_date", "lower", "upper"]


class Wide(Intervals):
    """Obeys the rule of its base too, and one that pandera asks."""

    @pa.dataframe_check  # type: ignore[untyped-decorator]
    def is_wide(cls, data: pa.IbisData) -> ir.BooleanValue:  # noqa: N805
        """Say whether upper is more than 5 above lower."""
        return data.table.upper > data.table.lower + 5


@pytest.mark.parametrize(
    ("contract", "values", "told"),
    [
        (Intervals, "('a', 1, 1), ('b', 1, 2), (null, 3, 4), (null, null, 4)", None),
        (Intervals, "('a', 1, 1), ('b', 3, 2), ('c', 9, 8)", r"^lower <= upper: not so of lower 3, upper 2; lower 9, upper 8$"),
        (Intervals, "('a', 1, 1), ('b', 3, 4), ('a', 9, 9)", r"^key: the values are not unique, such as a$"),
        (Wide, "('a', 1, 9), ('b', 3, 9)", None),
        (Wide, "('a', 1, 9), ('b', 3, 8)", r"^Wide: .*is_wide"),
        (Wide, "('a', 1, 9), ('b', 9, 3)", r"^lower <= upper: not so of lower 9, upper 3; Wide: .*is_wide"),
    ],
)
def test_rules_between_columns_and_a_columns_own_uniqueness_are_asked(contract: type[Contract], values: str, told: str | None) -> None:
    con = ibis.duckdb.connect()
    typed = f"date '{DAY}' as batch_date, key, lower::bigint as lower, upper::bigint as upper"
    con.con.execute(f"create table rows as select {typed} from (values {values}) t(key, lower, upper)")
    if told is None:
        hold(con, contract, "rows")
    else:
        with pytest.raises(BreachError, match=told):
            hold(con, contract, "rows")


def test_few_rows_of_many_that_break_a_rule_are_told() -> None:
    con = ibis.duckdb.connect()
    con.con.execute(
        f"create table rows as select date '{DAY}' as batch_date, repeat('x', 9999) || n as key, n as lower, -1::bigint as upper from range(1000) t(n)"
    )
    with pytest.raises(BreachError) as breach:
        hold(con, Intervals, "rows")
    assert len(str(breach.value)) < 1000
    con.con.execute("update rows set key = repeat('x', 9999), lower = -lower, upper = lower")
    with pytest.raises(BreachError, match=r"^key: the values are not unique, such as xxx") as breach:
        hold(con, Intervals, "rows")
    assert len(str(breach.value)) < 1000


@A_FILE
def test_an_aggregate_that_makes_up_a_day_of_which_there_is_nothing_is_refused(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store was closed on the second day; the aggregate repeats the first one's rows for it. Comparing the day alone is switched off."""
    monkeypatch.setattr("batch_assets.warehouse.publication.check_independence", lambda *_: None)
    monkeypatch.setattr("batch_assets.settings.settings.closed_days", {day_of(1): Closing()})
    write_days(Path(warehouse.lake), 1)
    for name in ("shelf_counts", "shelf_kinds"):
        publish(Graph(PACKAGE).table(name), warehouse, [day_of(0), day_of(1)], "run")

    def repeats(shelf_counts: ir.Table, shelf_kinds: ir.Table) -> ir.Table:
        made = Graph(PACKAGE).table("kind_counts").function(shelf_counts, shelf_kinds)
        return made.union(made.mutate(batch_date=made.batch_date + ibis.interval(days=1)))  # type: ignore[union-attr]

    with warehouse.connect() as con:
        (conserved,) = to_conserve(con, Graph(PACKAGE).table("kind_counts"), [day_of(0), day_of(1)])
        assert (conserved.column, conserved.totals) == ("pieces", {day_of(0): 35, day_of(1): 0})
    with pytest.raises(BreachError, match=r"batch 2017-01-02: pieces adds up to 35, and shelf_counts\.pieces, which it is made from, to 0"):
        publish(like("kind_counts", repeats), warehouse, [day_of(0), day_of(1)], "run")


@A_FILE
def test_rows_that_are_matched_by_place_may_still_be_there_twice_by_another_grain(warehouse: Warehouse) -> None:
    write_day(Path(warehouse.lake), day_of(0), ["1,10,", "1,20,"])

    def keeps_repeats(counts: ir.Table) -> ir.Table:
        made = Graph(PACKAGE).table("shelf_counts").function(counts)
        return made.mutate(reject_reason=ibis.null("string"))  # type: ignore[union-attr]

    with pytest.raises(BreachError, match=r"batch 2017-01-01 breaks the contract: .*unique"):
        publish(like("shelf_counts", keeps_repeats), warehouse, [day_of(0)], "run")
