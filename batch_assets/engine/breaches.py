"""What counts the breaches of a contract, as DuckDB's SQL: those of single rows, which parts of a batch may count, and those of all rows together.

Belongs here: counting. Does not belong here: what is told of breaches, and that they stop a batch (`warehouse/holding.py`).
"""

from collections.abc import Collection, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from ..table.contract import Contract
from .ibis_private import to_sql
from .quoting import quoted, sql_text

_CHECKS = {
    "gt": "{column} > {value}",
    "ge": "{column} >= {value}",
    "lt": "{column} < {value}",
    "le": "{column} <= {value}",
    "isin": "{column} in {value}",
    "str_matches": "regexp_matches({column}, '^' || {value})",
}
"""The checks whose breaches can be counted in one query: by name, as SQL. As in pandera, a null breaks none of them, and a match begins with the text."""


def not_finite(contract: type[Contract]) -> Mapping[str, str]:
    """Return what is true of a value that is not finite, by column: the engine and pandera treat NaN as above any limit, and an infinite time as a time."""
    kinds = {name: column.type for name, column in contract.columns().items()}
    names = [name for name, kind in kinds.items() if kind.is_floating() or kind.is_timestamp() or kind.is_date()]
    return {name: f"not isfinite({quoted(name)})" for name in names}


def rows_with(conditions: Collection[str]) -> str:
    """Return what counts the rows of which one of some conditions is true. A count for each would take the engine twice as long."""
    return f"count(*) filter ({' or '.join(conditions) or 'false'})"


def of_rows(contract: type[Contract], relation: str) -> list[str] | None:
    """Return what counts the other breaches of single rows; None if one query cannot tell of all of them."""
    if contract.others():
        return None
    broken: list[str] = []
    for name, column in contract.columns().items():
        broken += [] if column.nullable else [f"{quoted(name)} is null"]
        for check, value in column.checks.items():
            if check not in _CHECKS:
                return None
            broken.append(f"not {_CHECKS[check].format(column=quoted(name), value=_literal(value))}")
    rows = rows_of(contract, relation)
    return [rows_with(broken), *(f"({to_sql(rows.filter(~holds(rows)).count())})" for holds in contract.rules().values())]


def of_all(contract: type[Contract], relation: str, *, grain_is_matched: bool) -> list[str]:
    """Return what counts the breaches of all rows together: a grain that is there twice, unless that is known, and a value that should be there once."""
    grain = f"count(*) - (select count(*) from (select distinct {', '.join(map(quoted, contract.grain()))} from {relation}))"
    return [grain] * (not grain_is_matched) + [f"count({quoted(name)}) - count(distinct {quoted(name)})" for name in unique(contract)]


def unique(contract: type[Contract]) -> list[str]:
    """Return the columns of which each value is there once."""
    return [name for name, column in contract.columns().items() if column.unique]


def rows_of(contract: type[Contract], relation: str) -> ir.Table:
    """Return a relation with a contract's columns."""
    return ibis.table(ibis.Schema.from_pyarrow(contract.arrow_schema()), name=relation)


def _literal(value: Any) -> str:
    """Return a value, or a list of them, as SQL."""
    if isinstance(value, list | tuple | set | frozenset):
        return f"({', '.join(map(_literal, value))})"
    return repr(value) if isinstance(value, int | float) else sql_text(str(value))
