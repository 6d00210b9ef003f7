"""Which engine makes rows: the one that the setting `engine` names. The other one is not imported."""

from pathlib import Path

from ibis.backends.duckdb import Backend

from ..settings import settings
from ..table.model import ModelStore
from .duckdb import DuckDB
from .making import Engine


def chosen_engine(con: Backend, lake: Path, models: ModelStore) -> Engine:
    """Return the engine, with its inputs: a connection to the warehouse, the lake's folder, and the store of models."""
    if settings.engine == "spark":
        from .spark.engine import Spark

        return Spark(con, lake, models)
    return DuckDB(con, lake, models)
