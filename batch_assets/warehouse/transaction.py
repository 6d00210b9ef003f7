"""A transaction of the warehouse: all of it or nothing, and the reason of a failure is never hidden by that of its rollback."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

_LITTLE = "128 MiB"


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done within, or roll it back if that fails. DuckDB itself has rolled back what failed for want of disk."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        with suppress(duckdb.Error):
            connection.rollback()
        raise


@contextmanager
def little_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let DuckDB hold little memory within, and before that give back what it has kept of earlier work.

    By itself it keeps what it read and wrote until most of the machine's memory is full, and a checkpoint that tidies up after deleted
    rows was seen to take 700 MB at once. Both are bounded by this wherever a long range passes through, at no cost to its queries.
    """
    ((limit,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    with suppress(duckdb.OutOfMemoryException):  # More is in use just now; what is not has been given back.
        connection.execute(f"set memory_limit = '{_LITTLE}'")
    try:
        yield
    finally:
        connection.execute(f"set memory_limit = '{limit}'")
