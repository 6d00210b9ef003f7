"""The DuckDB of a session: in memory, and able to reach the object store whose URL the location is.

Belongs here: credentials and extensions, from the same variables of the environment that delta-rs reads. Does not belong here: what is read and written.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from ...engine.in_memory import in_memory
from ...engine.quoting import sql_text
from ...errors import WarehouseError


def open_session(location: str) -> duckdb.DuckDBPyConnection:
    """Return a new connection to a database in memory.

    Raises:
        WarehouseError: what the object store needs is not installed.
    """
    # DuckDB 1.5 asks a file for the statistics of a column that is in its path, and breaks, if max() of it is of one file.
    connection = in_memory(disabled_optimizers="statistics_propagation")
    if "://" in location:
        try:
            _reach(connection, location)
        except BaseException:
            connection.close()
            raise
    return connection


def _reach(connection: duckdb.DuckDBPyConnection, location: str) -> None:
    found = find_spec("duckdb_extension_httpfs")
    if found is None or found.origin is None:
        raise WarehouseError(f"{location}: DuckDB's extension httpfs is not installed. Install it with pip install 'batch_assets[delta]'.")
    (extension,) = Path(found.origin).parent.rglob("httpfs.duckdb_extension")
    connection.execute(f"load {sql_text(str(extension))}")
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")
    told = {
        "key_id": os.environ.get("AWS_ACCESS_KEY_ID"),
        "secret": os.environ.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": os.environ.get("AWS_SESSION_TOKEN"),
        "region": os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        "endpoint": endpoint.netloc,
        "url_style": "path" if endpoint.netloc else None,
    }
    options = [f"{name} {sql_text(value)}" for name, value in told.items() if value]
    options += ["use_ssl false"] * (endpoint.scheme == "http")
    connection.execute(f"create secret (type s3, {', '.join(options)})" if options else "create secret (type s3)")
