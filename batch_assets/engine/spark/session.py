"""The session with Spark: by Spark Connect, with a master, or with the engine that is embedded in this process. One for each process.

Belongs here: what a session needs so that Spark computes as DuckDB does. Does not belong here: what is asked of it.
"""

import atexit
import os
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from ...errors import DefinitionError, StorageError
from ...settings import EMBEDDED, settings
from .functions import register

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ALIKE = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
"""Options on which rows depend: times are in UTC, and what overflows or is divided by zero is an error."""

_UNLESS_SET = {"spark.sql.files.openCostInBytes": str(256 << 10)}
"""Options that the setting may change. Spark shares bytes out evenly, and counts so many for opening a file: with its own default, 4 MB, a day of 10 MB beside
a file without rows is cut into shares of nine to one."""

RETRIES = 6
"""So many times a server that does not answer is asked again, after .05 s at first and 51 s at last."""


@cache
def session() -> "SparkSession":
    """Return the session, opened when it is first asked for and closed when the process ends.

    Raises:
        DefinitionError: the libraries for it are not installed, or an option would make other rows.
        StorageError: Spark cannot be reached.
    """
    if wrong := sorted(name for name, value in _ALIKE.items() if settings.spark_options.get(name, value) != value):
        raise DefinitionError(f"the setting spark_options has {', '.join(wrong)}, on which rows depend; leave it out.")
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        address = _embedded() if settings.spark == EMBEDDED else settings.spark
    except ImportError as error:
        raise DefinitionError(f"the setting engine is spark, and {error.name} is not installed: pip install 'batch_assets[spark]'.") from error
    _have_a_main_module()
    builder = SparkSession.builder
    if address.startswith("sc://"):
        builder = builder.remote(address)
    else:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(address)
    for name, value in {**_UNLESS_SET, **settings.spark_options, **_ALIKE}.items():
        builder = builder.config(name, value)
    try:
        opened = builder.getOrCreate()
        if address.startswith("sc://"):
            _be_patient_for_a_minute(opened)
        register(opened)
    except (PySparkException, OSError) as error:
        raise StorageError(f"Spark cannot be reached at {settings.spark} (the setting spark): {type(error).__name__}.") from error
    atexit.register(opened.stop)
    return opened


def _be_patient_for_a_minute(opened: "SparkSession") -> None:
    """Let the client give up on a server that is gone after a minute or so. By itself it asks again for ten minutes and more, also when the process ends."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    opened.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])


def _have_a_main_module() -> None:
    """Give the main module a specification if it has neither that nor a file, as in `python -c`. Spark's client would take the process for its own tests."""
    main = sys.modules["__main__"]
    if main.__spec__ is None and not hasattr(main, "__file__"):
        main.__spec__ = ModuleSpec("__main__", None)


def _embedded() -> str:
    """Start the embedded engine; return its address.

    It computes in one part: cut into several, it fails to plan some unions, and on small batches it is no faster.
    """
    os.environ.setdefault("SAIL_EXECUTION__DEFAULT_PARALLELISM", "1")
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    atexit.register(server.stop)
    host, port = server.listening_address
    return f"sc://{host}:{port}"
