"""Contracts: the rules that every published row of a table obeys, written as a pandera model next to the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain; a rule between columns is a method under `@rule`. A
column that the contract does not name is a breach. Every column has a type with a canonical text (`content.py`). A contract
only declares rules; `warehouse/audit.py` checks rows against them.
"""

import inspect
from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis as pa
import pyarrow
from pandera.engines import ibis_engine

MOST_BREACHES = 5

PRIVATE = "private"
"""What is shown in place of a private value, and what a private column is tagged with."""

_PSEUDONYM = "pseudonym"


def Field(*args: Any, private: bool = False, pseudonym: bool = False, **options: Any) -> Any:  # noqa: N802 - it is pandera's `Field`
    """Return pandera's `Field`, whose message shows a few failing values and not all of them.

    A private column has personal data: its values stay in the tables that have it. No preview, chart, message, event, published
    file or model shows them. A pseudonym is made from private columns by a salted hash, and may be seen: it is declared, so that
    a reader of the contract sees where personal data ends.
    """
    return pa.Field(*args, n_failure_cases=MOST_BREACHES, metadata={PRIVATE: private, _PSEUDONYM: pseudonym}, **options)


Rule = Callable[[ir.Table], ir.BooleanValue]
"""What must hold of every row: an expression over a table's columns."""


def rule(holds: Callable[[Any, ir.Table], ir.BooleanValue]) -> Any:
    """Make a contract's method a rule between columns: what it returns must not be false of a row.

    Its docstring says the rule in a line, which is told when a row breaks it.
    """
    holds.__dict__["is_rule"] = True
    return classmethod(holds)


class Nested(ibis_engine.DataType):
    """The base class of array and struct types. A subclass sets `type` to an Ibis type and annotates a column.

    class Words(Nested):
        type = dt.Array(dt.string)
    """

    def __init__(self) -> None:
        """Take the class's type; pandera's own `__init__` warns about every type that it does not know."""
        object.__setattr__(self, "type", type(self).type)

    def __init_subclass__(cls, **options: Any) -> None:
        """Register the type with pandera, so that it can report on columns of this type."""
        super().__init_subclass__(**options)
        ibis_engine.Engine.register_dtype(cls, equivalents=[cls.type])


class Contract(pa.DataFrameModel):
    """The base of all contracts: exactly the named columns, not null unless declared nullable."""

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
    def private(cls) -> list[str]:
        """Return the columns that have personal data."""
        return [name for name, column in cls.columns().items() if (column.metadata or {}).get(PRIVATE)]

    @classmethod
    def pseudonyms(cls) -> list[str]:
        """Return the columns that stand for personal data by a salted hash."""
        return [name for name, column in cls.columns().items() if (column.metadata or {}).get(_PSEUDONYM)]

    @classmethod
    def rules(cls) -> dict[str, Rule]:
        """Return the rules between columns, by what each of them says."""
        found = {name: member for parent in reversed(cls.__mro__) for name, member in vars(parent).items()}
        names = [name for name, member in found.items() if getattr(getattr(member, "__func__", None), "is_rule", False)]
        return {inspect.cleandoc(getattr(cls, name).__doc__ or name).rstrip(".").replace("`", ""): getattr(cls, name) for name in names}

    @classmethod
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches built in Python."""
        return ibis.schema({name: column.dtype.type for name, column in cls.columns().items()}).to_pyarrow()
