"""Contracts: what every published row of a table obeys, written as a pandera model beside the table's function.

A column is an annotation and a `Field`; `Config.unique` is the grain. A column that the contract does not name is
a breach. Every column is of a type that has a canonical text (`content.py`). A contract declares, and asks nothing of
any rows: `warehouse/audit.py` does.
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
    def private(cls) -> list[str]:
        """Return the columns that have personal data."""
        return [name for name, column in cls.columns().items() if (column.metadata or {}).get(PRIVATE)]

    @classmethod
    def arrow_schema(cls) -> pyarrow.Schema:
        """Return the columns and their types, for batches made in Python."""
        return ibis.schema({name: column.dtype.type for name, column in cls.columns().items()}).to_pyarrow()
