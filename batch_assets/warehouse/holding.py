"""Holding rows to their contract: one query counts all breaches at once, and only if there are any are they described.

Belongs here: every rule that a contract declares. Does not belong here: what the rows were made from (`conservation.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from ..engine.ibis_private import to_sql
from ..engine.staging import schema_of
from ..errors import BreachError, DefinitionError
from ..table.contract import MOST_BREACHES, PRIVATE, Contract
from ..table.lineage import columns_in
from ..table.pandera_model import model_of

_CHECKS = {
    "gt": "{column} > {value}",
    "ge": "{column} >= {value}",
    "lt": "{column} < {value}",
    "le": "{column} <= {value}",
    "isin": "{column} in {value}",
    "str_matches": "regexp_matches({column}, '^' || {value})",
}
"""The checks whose breaches can be counted in one query: by name, as SQL. As in pandera, a null breaks none of them, and a match begins with the text."""


def hold(con: Backend, contract: type[Contract], relation: str) -> None:
    """Check the rows of a table or view against a contract, inside their engine.

    One query counts all breaches at once. Only if there are any, or if the contract has a check that the query cannot count, further
    queries describe them: pandera's, one per check, and ours for what pandera does not check inside an engine.

    Raises:
        BreachError: a row breaks the contract; the message names the column, the rule and a few values.
        DefinitionError: the rows and the contract have different columns.
    """
    found = schema_of(con, relation)
    if set(found) != set(contract.columns()):
        raise DefinitionError(f"columns {sorted(set(found) ^ set(contract.columns()))} are in the rows or in the contract {contract.__name__}, not in both")
    _check_types(contract, found)
    if _count(con, contract, relation) == 0 or _is_empty(con, relation):
        return
    told = [*_repeats(con, contract, relation), *_broken_rules(con, contract, relation)]
    told += _breaches_by_pandera(con, contract, relation)
    if told:
        raise BreachError("; ".join(told[:MOST_BREACHES]))


def _repeats(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the columns whose values are declared unique, and are not."""
    for name in _unique(contract):
        query = f"select {quoted(name)} from {relation} where {quoted(name)} is not null group by 1 having count(*) > 1 order by 1 limit {MOST_BREACHES}"
        if found := con.con.execute(query).fetchall():
            yield f"{name}: the values are not unique, such as {', '.join(_shown(contract, name, value) for (value,) in found)}"


def _broken_rules(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the rules between columns that rows break, with a few values of the columns that they are about."""
    for said, holds in contract.rules().items():
        rows = _rows_of(contract, relation)
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


def _count(con: Backend, contract: type[Contract], relation: str) -> int | None:
    """Return how many times the rows break the contract; None if one query cannot tell.

    Raises:
        BreachError: a number or a time is not finite: the engine and pandera treat NaN as greater than any limit, and an infinite time as a time.
    """
    kinds = {name: column.type for name, column in contract.columns().items()}
    names = [name for name, kind in kinds.items() if kind.is_floating() or kind.is_timestamp() or kind.is_date()]
    breaches = _breaches(contract, relation)
    counts = [*(f"count(*) filter (not isfinite({quoted(name)}))" for name in names), *(breaches or ["count(*)"])]
    found = con.con.execute(f"select {', '.join(counts)} from {relation}").fetchall()[0]
    not_finite = dict(zip(names, found[: len(names)], strict=True))
    if told := [f"{name}: {count} values are not finite {'numbers' if kinds[name].is_floating() else 'times'}" for name, count in not_finite.items() if count]:
        raise BreachError("; ".join(told))
    return None if breaches is None else sum(found[len(names) :])


def _breaches(contract: type[Contract], relation: str) -> list[str] | None:
    """Return what counts breaches, as SQL; None if one query cannot tell of all of them."""
    if contract.others():
        return None
    broken = [f"count(*) - (select count(*) from (select distinct {', '.join(map(quoted, contract.grain()))} from {relation}))"]
    for name, column in contract.columns().items():
        broken += [] if column.nullable else [f"count(*) filter ({quoted(name)} is null)"]
        for check, value in column.checks.items():
            if check not in _CHECKS:
                return None
            broken.append(f"count(*) filter (not {_CHECKS[check].format(column=quoted(name), value=_literal(value))})")
    broken += [f"count({quoted(name)}) - count(distinct {quoted(name)})" for name in _unique(contract)]
    broken += [f"({to_sql(rows.filter(~holds(rows)).count())})" for rows in [_rows_of(contract, relation)] for holds in contract.rules().values()]
    return broken


def _unique(contract: type[Contract]) -> list[str]:
    """Return the columns of which each value is there once."""
    return [name for name, column in contract.columns().items() if column.unique]


def _rows_of(contract: type[Contract], relation: str) -> ir.Table:
    return ibis.table(ibis.Schema.from_pyarrow(contract.arrow_schema()), name=relation)


def _is_empty(con: Backend, relation: str) -> bool:
    """Say whether there are no rows; pandera would report that an empty table breaks every rule."""
    return bool(con.con.execute(f"select not exists (from {relation})").fetchall()[0][0])


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return f'"{name}"'


def _literal(value: Any) -> str:
    """Return a value, or a list of them, as SQL."""
    if isinstance(value, list | tuple | set | frozenset):
        return f"({', '.join(map(_literal, value))})"
    return repr(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
