"""Holding rows to their contract: one query counts all breaches at once, and only if there are any are they described.

Belongs here: every rule that a contract declares. Does not belong here: what the rows were made from (`conservation.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ibis.backends.duckdb import Backend

from ..engine import breaches
from ..engine.ibis_private import to_sql
from ..engine.quoting import quoted
from ..engine.staging import schema_of
from ..errors import BreachError, DefinitionError
from ..table.contract import MOST_BREACHES, PRIVATE, Contract
from ..table.lineage import columns_in
from ..table.pandera_model import model_of


def hold(con: Backend, contract: type[Contract], relation: str, counted: int | None = None, *, grain_is_matched: bool = False) -> None:
    """Check the rows of a table or view against a contract, inside their engine.

    One query counts all breaches at once. Only if there are any, or if the contract has a check that the query cannot count, further
    queries describe them: pandera's, one per check, and ours for what pandera does not check inside an engine.

    Args:
        con: the engine.
        contract: the contract.
        relation: the table or view.
        counted: how many times the rows break the contract, if that was counted where they were made.
        grain_is_matched: whether the rows are matched, one by one, with others that have this grain.

    Raises:
        BreachError: a row breaks the contract; the message names the column, the rule and a few values.
        DefinitionError: the rows and the contract have different columns.
    """
    found = schema_of(con, relation)
    if set(found) != set(contract.columns()):
        raise DefinitionError(f"columns {sorted(set(found) ^ set(contract.columns()))} are in the rows or in the contract {contract.__name__}, not in both")
    _check_types(contract, found)
    if counted == 0 or _count(con, contract, relation, grain_is_matched=grain_is_matched) == 0 or _is_empty(con, relation):
        return
    told = [*_repeats(con, contract, relation), *_broken_rules(con, contract, relation)]
    told += _breaches_by_pandera(con, contract, relation)
    if told:
        raise BreachError("; ".join(told[:MOST_BREACHES]))


def _repeats(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the columns whose values are declared unique, and are not."""
    for name in breaches.unique(contract):
        query = f"select {quoted(name)} from {relation} where {quoted(name)} is not null group by 1 having count(*) > 1 order by 1 limit {MOST_BREACHES}"
        if found := con.con.execute(query).fetchall():
            yield f"{name}: the values are not unique, such as {', '.join(_shown(contract, name, value) for (value,) in found)}"


def _broken_rules(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the rules between columns that rows break, with a few values of the columns that they are about."""
    for said, holds in contract.rules().items():
        rows = breaches.rows_of(contract, relation)
        names = sorted(columns_in(holds(rows)), key=list(contract.columns()).index)
        broken = rows.filter(~holds(rows)).select(*names).order_by(names).limit(MOST_BREACHES)
        if found := con.con.execute(to_sql(broken)).fetchall():
            values = "; ".join(", ".join(f"{name} {_shown(contract, name, value)}" for name, value in zip(names, row, strict=True)) for row in found)
            yield f"{said}: not so of {values}"


def _breaches_by_pandera(con: Backend, contract: type[Contract], relation: str) -> list[str]:
    """Return what pandera tells of the rows."""
    from pandera.errors import SchemaErrors

    try:
        model_of(contract).validate(con.table(relation), lazy=True)
    except SchemaErrors as breach:
        return sorted({_told(case, contract) for kind in breach.message.values() for cases in kind.values() for case in cases})
    return []


def _shown(contract: type[Contract], name: str, value: object) -> str:
    """Return a value as a message may show it."""
    return PRIVATE if name in contract.private() else str(value)[:100]


def _told(case: Mapping[str, str], contract: type[Contract]) -> str:
    """Return pandera's account of a breach; if it may show private values, no more than the rule that was broken."""
    private = contract.private()
    shows_values = case["column"] in private or (private and case["column"] not in contract.columns())
    return f"{case['column']}: {'breaks ' + case['check'] if shows_values else case['error']}"[:300]


def _check_types(contract: type[Contract], found: Mapping[str, Any]) -> None:
    """Check the columns' types; pandera cannot report a mismatch with a type that it does not know, such as an array."""
    pairs = {name: (found[name].copy(nullable=True), column.type.copy(nullable=True)) for name, column in contract.columns().items()}
    if told := [f"{name}: the rows have type {made}, the contract says {expected}" for name, (made, expected) in pairs.items() if made != expected]:
        raise BreachError("; ".join(told))


def _count(con: Backend, contract: type[Contract], relation: str, *, grain_is_matched: bool) -> int | None:
    """Return how many times the rows break the contract; None if one query cannot tell.

    Raises:
        BreachError: a number or a time is not finite: the engine and pandera treat NaN as greater than any limit, and an infinite time as a time.
    """
    not_finite, of_rows = breaches.not_finite(contract), breaches.of_rows(contract, relation)
    of_all = breaches.of_all(contract, relation, grain_is_matched=grain_is_matched)
    counts = [breaches.rows_with(not_finite.values()), *(["count(*)"] if of_rows is None else [*of_rows, *of_all])]
    rows_not_finite, *found = con.con.execute(f"select {', '.join(counts)} from {relation}").fetchall()[0]
    if rows_not_finite:
        raise BreachError("; ".join(_not_finite(con, contract, relation)))
    return None if of_rows is None else sum(found)


def _not_finite(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell how many values of each column are not finite."""
    for name, condition in breaches.not_finite(contract).items():
        ((count,),) = con.con.execute(f"select count(*) from {relation} where {condition}").fetchall()
        if count:
            yield f"{name}: {count} values are not finite {'numbers' if contract.columns()[name].type.is_floating() else 'times'}"


def _is_empty(con: Backend, relation: str) -> bool:
    """Say whether there are no rows; pandera would report that an empty table breaks every rule."""
    return bool(con.con.execute(f"select not exists (from {relation})").fetchall()[0][0])
