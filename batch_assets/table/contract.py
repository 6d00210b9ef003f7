"""Contracts: the rules that every published row of a table obeys, written as a pandera model next to the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain. A column that the contract does not name is a
breach. Every column has a type with a canonical text (`content.py`). A contract only declares rules; `warehouse/audit.py`
checks rows against them.
"""

from typing import Any

import ibis
import pandera.ibis as pa
import pyarrow
from pandera.engines import ibis_engine

MOST_BREACHES = 5

PRIVATE = "private"
"""What is shown in place of a private value, and what a private column is tagged with."""


def Field(*args: Any, private: bool = False, **options: Any) -> Any:  # noqa: N802 - it is pandera's `Field`
    """Return pandera's `Field`, whose message shows a few failing values and not all of them.

    A private column has personal data: its values stay in the tables that have it. No preview, chart, message, event, published
    file or model shows them.
    """
    return pa.Field(*args, n_failure_cases=MOST_BREACHES, metadata={PRIVATE: private}, **options)


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
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches built in Python."""
        return ibis.schema({name: column.dtype.type for name, column in cls.columns().items()}).to_pyarrow()
