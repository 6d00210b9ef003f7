"""A database in memory that puts no rows on the disk, unless it is told where.

By DuckDB's default, all databases in memory that are opened in one working directory put there into one folder what has no room, under the
same names: each reads what another wrote, without an error.
"""

import duckdb


def in_memory(**config: str) -> duckdb.DuckDBPyConnection:
    """Return a new connection to a database of its own, with settings of DuckDB's."""
    return duckdb.connect(config={"temp_directory": "", **config})
