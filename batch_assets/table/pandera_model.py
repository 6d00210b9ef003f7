"""A contract as a model of pandera's, which tells how rows break it. pandera is imported when it is asked, which is hardly ever.

Importing it and building the models of all tables takes a tenth of a second in every process. Does not belong here: what a
contract is (`contract.py`), and when pandera is asked (`warehouse/holding.py`).
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from .contract import MOST_BREACHES, Column, Contract, Nested

if TYPE_CHECKING:
    from pandera.ibis import DataFrameModel


def model_of(contract: type[Contract]) -> type["DataFrameModel"]:
    """Return pandera's model of a contract.

    Raises:
        SchemaInitError: a column has an option that pandera does not know.
    """
    import pandera.ibis as pa

    named = contract.annotations()
    kinds = {name: _nested(named[name]) if _is_nested(named[name]) else named[name] for name in contract.columns()}
    fields = {name: _field(column) for name, column in contract.columns().items()}
    config = type("Config", (pa.DataFrameModel.Config,), {"name": contract.__name__, "strict": True, "unique": contract.grain() or None})
    members = {"__annotations__": kinds, "__module__": contract.__module__, "__doc__": contract.__doc__, "Config": config}
    return type(contract.__name__, (pa.DataFrameModel,), members | fields | contract.others())


def _field(column: Column) -> Any:
    import pandera.ibis as pa

    return pa.Field(nullable=column.nullable, unique=column.unique, description=column.description, n_failure_cases=MOST_BREACHES, **column.checks)


def _is_nested(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Nested)


@cache
def _nested(kind: type[Nested]) -> type[Any]:
    """Return a type of pandera's for arrays and structs, on which it can then report."""
    from pandera.engines import ibis_engine

    def begin(self: Any) -> None:
        object.__setattr__(self, "type", kind.type)

    # pandera's own `__init__` warns about every type that it does not know.
    made = type(kind.__name__, (ibis_engine.DataType,), {"type": kind.type, "__init__": begin, "__module__": kind.__module__})
    ibis_engine.Engine.register_dtype(made, equivalents=[kind.type])
    return made
