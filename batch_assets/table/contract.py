"""Contracts: what every published row of a table obeys, written as a pandera model beside the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain. A column that the contract does not name is
a breach. Every column is one of the types that `content_hash` knows how to write as canonical text.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import ibis
import pandera.ibis as pa
import pyarrow
from ibis.backends.duckdb import Backend
from pandera.errors import SchemaErrors

from ..engine.staging import schema_of
from ..errors import BreachError

MOST_BREACHES = 5

Field = partial(pa.Field, n_failure_cases=MOST_BREACHES)
"""pandera's `Field`, whose message shows a few failing values and not all of them."""


_RULES = {
    "greater_than": "{column} > {min_value}",
    "greater_than_or_equal_to": "{column} >= {min_value}",
    "less_than": "{column} < {max_value}",
    "less_than_or_equal_to": "{column} <= {max_value}",
    "isin": "{column} in {allowed_values}",
}
"""pandera's checks that one query can count the breaches of, by name, as SQL. A null breaks none of them, as in pandera."""


class Contract(pa.DataFrameModel):
    """The base of all contracts: exactly the named columns, not null unless said otherwise."""

    class Config(pa.DataFrameModel.Config):
        """What holds for every contract."""

        strict = True

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Return the contract's columns by name, in order: pandera columns with type, nullability and description."""
        return dict(cls.to_schema().columns)

    @classmethod
    def grain(cls) -> list[str]:
        """Return the columns that identify a row."""
        return list(cls.to_schema().unique or [])

    @classmethod
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches made in Python."""
        return ibis.schema({name: column.dtype.type for name, column in cls.columns().items()}).to_pyarrow()

    @classmethod
    def hold(cls, con: Backend, relation: str) -> None:
        """Check the rows of a table or view inside their engine.

        One query counts all breaches at once; only if there are any, or a check that it does not know, pandera, which
        asks a query for each check, gives its account of them.

        Raises:
            BreachError: a row breaks the contract; the message names column, rule and a few values.
        """
        found = schema_of(con, relation)
        if set(found) != set(cls.columns()):
            raise BreachError(f"columns {sorted(set(found) ^ set(cls.columns()))} are in the rows or in the contract, not in both")
        cls._check_finite(con, relation)
        if cls._breaches(con, relation, found) == 0 or _is_empty(con, relation):
            return
        try:
            cls.validate(con.table(relation), lazy=True)
        except SchemaErrors as breach:
            told = {f"{case['column']}: {case['error']}"[:300] for kind in breach.message.values() for cases in kind.values() for case in cases}
            raise BreachError("; ".join(sorted(told)[:MOST_BREACHES])) from None

    @classmethod
    def _check_finite(cls, con: Backend, relation: str) -> None:
        """Check that every number is one: the engine and pandera take "not a number" for greater than any limit."""
        names = [name for name, column in cls.columns().items() if column.dtype.type.is_floating()]
        if not names:
            return
        counts = ", ".join(f"count(*) filter (not isfinite({_quoted(name)}))" for name in names)
        broken = dict(zip(names, con.con.execute(f"select {counts} from {relation}").fetchall()[0], strict=True))
        if told := [f"{name}: {count} values are not finite numbers" for name, count in broken.items() if count]:
            raise BreachError("; ".join(told))

    @classmethod
    def _breaches(cls, con: Backend, relation: str, found: Mapping[str, Any]) -> int | None:
        """Return how often the rows break the contract; None if that takes more than one query."""
        broken = [f"count(*) - (select count(*) from (select distinct {', '.join(map(_quoted, cls.grain()))} from {relation}))"]
        for name, column in cls.columns().items():
            if found[name].copy(nullable=True) != column.dtype.type.copy(nullable=True):
                return None
            broken += [] if column.nullable else [f"count(*) filter ({_quoted(name)} is null)"]
            for check in column.checks:
                if check.name not in _RULES:
                    return None
                values = {key: _literal(value) for key, value in check.statistics.items()}
                broken.append(f"count(*) filter (not {_RULES[check.name].format(column=_quoted(name), **values)})")
        return sum(con.con.execute(f"select {', '.join(broken)} from {relation}").fetchall()[0])


def _is_empty(con: Backend, relation: str) -> bool:
    """Say whether there are no rows, of which pandera would say that they break every rule."""
    return bool(con.con.execute(f"select not exists (from {relation})").fetchall()[0][0])


def _quoted(name: str) -> str:
    return f'"{name}"'


def _literal(value: Any) -> str:
    """Return a value, or a list of them, as SQL."""
    if isinstance(value, list | tuple | set | frozenset):
        return f"({', '.join(map(_literal, value))})"
    return repr(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
