"""Contracts: what every published row of a table obeys, written as a pandera model beside the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain; what must hold between columns is a method under
`@rule`. A column that the contract does not name is a breach. Every column is of a type that has a canonical text (`content.py`).
A contract declares, and asks nothing of any rows: `warehouse/audit.py` does.
"""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis as pa
import pyarrow
from pandera.engines import ibis_engine

MOST_BREACHES = 5

Field = partial(pa.Field, n_failure_cases=MOST_BREACHES)
"""pandera's `Field`, whose message shows a few failing values and not all of them."""

Rule = Callable[[ir.Table], ir.BooleanValue]
"""What must hold of every row: an expression over a table's columns."""


def rule(holds: Callable[[Any, ir.Table], ir.BooleanValue]) -> Any:
    """Make a contract's method a rule between columns: what it returns must not be false of a row.

    Its docstring says the rule in a line, which is told when a row breaks it.
    """
    holds.__dict__["is_rule"] = True
    return classmethod(holds)


class Nested(ibis_engine.DataType):
    """The base of the types of arrays and structs: a class for each, whose `type` is Ibis's, is written as a column's annotation.

    class Words(Nested):
        type = dt.Array(dt.string)
    """

    def __init__(self) -> None:
        """Be of the class's type; pandera's own `__init__` warns of each type that is not built into it."""
        object.__setattr__(self, "type", type(self).type)

    def __init_subclass__(cls, **options: Any) -> None:
        """Let pandera know the type, so that it can give its account of rows that have a column of it."""
        super().__init_subclass__(**options)
        ibis_engine.Engine.register_dtype(cls, equivalents=[cls.type])


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
    def rules(cls) -> dict[str, Rule]:
        """Return the rules between columns, by what each of them says."""
        found = {name: member for parent in reversed(cls.__mro__) for name, member in vars(parent).items()}
        names = [name for name, member in found.items() if getattr(getattr(member, "__func__", None), "is_rule", False)]
        return {inspect.cleandoc(getattr(cls, name).__doc__ or name).rstrip(".").replace("`", ""): getattr(cls, name) for name in names}

    @classmethod
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches made in Python."""
        return ibis.schema({name: column.dtype.type for name, column in cls.columns().items()}).to_pyarrow()
