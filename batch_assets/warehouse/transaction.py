"""Transactions on the warehouse: all or nothing, and an error during rollback never hides the original one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

_LITTLE = "128 MiB"


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit the block, or roll it back if it fails. If the disk is full, DuckDB has already rolled back by itself."""
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
    """Lower DuckDB's memory limit for the block, which also frees its cached pages first.

    By default DuckDB caches what it reads and writes until most of the machine's memory is used, and a checkpoint that cleans up deleted
    rows was measured at 700 MB. Lowering the limit at each publication bounds both for long ranges, without slowing their queries.
    """
    ((limit,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    use_little_memory(connection)
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # What the block did stands, as when it has committed; a broken connection fails by itself, at its next statement.
            connection.execute(f"set memory_limit = '{limit}'")


def use_little_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Lower DuckDB's memory limit, and free what it has cached beyond that."""
    with suppress(duckdb.OutOfMemoryException):  # More than the limit is in use; the rest has been freed.
        connection.execute(f"set memory_limit = '{_LITTLE}'")
