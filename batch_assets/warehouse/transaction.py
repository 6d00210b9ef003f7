"""Transactions on the warehouse: all or nothing, and an error during rollback never hides the original one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from ..engine.quoting import sql_text
from ..settings import settings

_LITTLE = "128 MiB"


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit the block, in little memory, or roll it back if it fails. If the disk is full, DuckDB has already rolled back by itself."""
    connection.begin()
    try:
        yield
        with little_memory(connection):
            connection.commit()
    except BaseException:
        with suppress(duckdb.Error):
            connection.rollback()
        raise


@contextmanager
def little_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Lower DuckDB's memory limit for the block, which also frees its cached pages first.

    By default DuckDB caches what it reads and writes until most of the machine's memory is used, and a checkpoint that cleans up deleted
    rows was measured at 700 MB. Lowering the limit at each commit bounds both for long ranges, without slowing their queries.
    """
    use_little_memory(connection)
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # What the block did stands, as when it has committed; a broken connection fails by itself, at its next statement.
            use_usual_memory(connection)


def use_usual_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB have the memory of the setting; without one, its default. RESET alone changes the limit that it tells, and not the one that it keeps."""
    ((default,),) = connection.execute("reset memory_limit; select current_setting('memory_limit')").fetchall()
    connection.execute(f"set memory_limit = {sql_text(settings.memory_limit or default)}")


def use_little_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Lower DuckDB's memory limit, and free what it has cached beyond that."""
    with suppress(duckdb.OutOfMemoryException):  # More than the limit is in use; the rest has been freed.
        connection.execute(f"set memory_limit = '{_LITTLE}'")
