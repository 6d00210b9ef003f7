"""Which engine makes rows: the one that the setting `engine` names. The other one is not imported."""

from pathlib import Path

from ibis.backends.duckdb import Backend

from ..settings import settings
from ..table.model import ModelStore
from .duckdb import DuckDB
from .making import Engine
from .open_store import OpenStore


def chosen_engine(con: Backend, lake: Path, models: ModelStore, store: OpenStore | None = None) -> Engine:
    """Return the engine, with its inputs: a connection to the warehouse, the lake's folder, the store of models, and one that workers may reach."""
    if settings.engine == "spark":
        from .spark.engine import Spark

        return Spark(con, lake, models, store)
    return DuckDB(con, lake, models)
