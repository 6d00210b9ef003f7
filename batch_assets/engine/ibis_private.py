"""All uses of Ibis's private API are in this module. `pyproject.toml` pins Ibis to its minor version.

`batch_assets_tests/engine/test_ibis_private.py` shows which of them a new version has broken.
"""

import io
import pickle
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

_COMPILERS = "ibis.backends.sql.compilers"


def import_compilers_when_asked() -> None:
    """Let Ibis import the SQL compilers of its other backends when something asks for one, and not along with DuckDB's.

    Importing all twenty takes 55 ms, in every process. Does nothing if they are imported already.
    """
    spec = find_spec(_COMPILERS)
    if _COMPILERS in sys.modules or spec is None or spec.loader is None:
        return
    compilers, load = module_from_spec(spec), spec.loader.exec_module

    def ask(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        del compilers.__getattr__
        load(compilers)
        return getattr(compilers, name)

    compilers.__getattr__ = ask  # type: ignore[method-assign]
    sys.modules[_COMPILERS] = compilers
    import_module(f"{_COMPILERS}.duckdb")


@cache
def _backend_class() -> type["Backend"]:
    from ibis.backends.duckdb import Backend

    class DuckDBBackend(Backend):
        """Ibis's backend, which otherwise looks through the installed distributions for DuckDB's version each time that it gets a connection."""

        version = duckdb.__version__

    return DuckDBBackend


def backend_of(connection: duckdb.DuckDBPyConnection) -> "Backend":
    """Return Ibis's backend on a connection, whose time zone becomes UTC."""
    return _backend_class().from_connection(connection)


def to_sql(expression: ir.Expr) -> str:
    """Compile an expression for DuckDB."""
    return str(_without_connection().compile(expression))


@cache
def _without_connection() -> "Backend":
    return _backend_class()()


class _Writer(pickle.Pickler):
    """Writes an expression; a function of the engine's own is what its SQL has of it: its name and where it is. A set of names has no order."""

    def persistent_id(self, thing: Any) -> tuple[str, ...] | None:
        if isinstance(thing, frozenset) and all(isinstance(name, str) for name in thing):
            return ("set", *sorted(thing))
        if isinstance(thing, type) and issubclass(thing, ops.ScalarUDF | ops.AggUDF):
            members = vars(thing)
            if members["__input_type__"].name == "BUILTIN":
                return members["__func_name__"], repr(members["__udf_namespace__"]), repr(members["dtype"])
        return None


def written(expression: ir.Expr) -> bytes | None:
    """Return an expression as bytes, which another expression does not have; None if something in it cannot be written, such as a function in Python."""
    file = io.BytesIO()
    try:
        _Writer(file, protocol=5).dump(expression.op())
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    return file.getvalue()


@cache
def type_name(kind: dt.DataType) -> str:
    """Return a type as DuckDB spells it."""
    from ibis.backends.sql.datatypes import DuckDBType

    return str(DuckDBType.to_string(kind))


def has_rows_in_memory(expression: ir.Table) -> bool:
    """Say whether an expression reads rows that exist only in this process's memory."""
    return bool(expression.op().find(ops.InMemoryTable))


def register_rows_in_memory(con: "Backend", expression: ir.Table) -> None:
    """Register the in-memory rows that an expression reads with the engine, under the names used in its SQL."""
    con._run_pre_execute_hooks(expression)


def known_table(con: "Backend", name: str, schema: ibis.Schema, layer: str | None = None) -> ir.Table:
    """Return a table with a known schema, without querying the engine for it."""
    return ops.DatabaseTable(name=name, schema=schema, source=con, namespace=ops.Namespace(database=layer)).to_expr()
