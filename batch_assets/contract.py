"""Contracts: what every published row of a table obeys, written as a pandera model beside the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain. A column that the contract does not name is
a breach. Every column is one of the types that `content_hash` knows how to write as canonical text.
"""

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis as pa
import pyarrow
from pandera.errors import SchemaErrors

from .errors import BreachError

MOST_BREACHES = 5

Field = partial(pa.Field, n_failure_cases=MOST_BREACHES)
"""pandera's `Field`, whose message shows a few failing values and not all of them."""


_RULES: dict[str, Callable[..., ir.BooleanValue]] = {
    "greater_than": operator.gt,
    "greater_than_or_equal_to": operator.ge,
    "less_than": operator.lt,
    "less_than_or_equal_to": operator.le,
    "isin": lambda values, allowed: values.isin(allowed),
}
"""Pandera's checks that one query can count the breaches of, by name. A null breaks none of them, as in pandera."""


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
    def hold(cls, rows: ir.Table) -> None:
        """Check rows inside their engine.

        One query counts all breaches at once; only if there are any, or a check that it does not know, pandera, which
        asks a query for each check, gives its account of them.

        Raises:
            BreachError: a row breaks the contract; the message names column, rule and a few values.
        """
        if set(rows.columns) != set(cls.columns()):
            raise BreachError(f"columns {sorted(set(rows.columns) ^ set(cls.columns()))} are in the rows or in the contract, not in both")
        if cls._breaches(rows) == 0:
            return
        try:
            cls.validate(rows, lazy=True)
        except SchemaErrors as breach:
            told = {f"{case['column']}: {case['error']}"[:300] for kind in breach.message.values() for cases in kind.values() for case in cases}
            raise BreachError("; ".join(sorted(told)[:MOST_BREACHES])) from None

    @classmethod
    def _breaches(cls, rows: ir.Table) -> int | None:
        """Return how often the rows break the contract; None if that takes more than one query."""
        broken: list[ir.IntegerScalar] = []
        for name, column in cls.columns().items():
            if rows.schema()[name].copy(nullable=True) != column.dtype.type.copy(nullable=True):
                return None
            broken += [] if column.nullable else [rows[name].isnull().sum()]
            for check in column.checks:
                if check.name not in _RULES:
                    return None
                broken.append((~_RULES[check.name](rows[name], *check.statistics.values())).sum())
        counts = rows.agg(rows=rows.count(), **{f"broken_{n}": count for n, count in enumerate(broken)}).to_pyarrow().to_pylist()[0]
        distinct = rows[cls.grain()].distinct().count().to_pyarrow().as_py()
        return counts.pop("rows") - distinct + sum(count or 0 for count in counts.values())
