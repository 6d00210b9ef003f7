"""What Spark says when it fails, in one line that names table and batch, without values of rows, any of which may be private."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from ...errors import EngineError, StorageError
from ...partitions import name_days
from ...table.table import Table

_VALUE = re.compile(r"""(['"]).*\1|['"].*|(?<=value )\S+""", re.DOTALL)
"""What may be a value: whatever stands in quotes, and what follows the word."""

_GONE = "StatusCode.UNAVAILABLE"
"""What an error of Spark's client has if the server does not answer."""

_RAISED = re.compile(r"^.*Traceback \(most recent call last\):\n(?:[ \t]+.*\n)*(\S.*)", re.MULTILINE)
"""What a trace of Python ends in: the exception."""


@contextmanager
def told_plainly(table: Table, days: Sequence[date]) -> Iterator[None]:
    """Make one line of Spark's errors.

    Raises:
        EngineError: Spark rejected or failed a query, or a map failed in a worker.
        StorageError: Spark is gone. It may come back, so the failed step is retried.
    """
    from grpc import RpcError
    from pyspark.errors import PySparkException

    where = f"{table.asset}, {name_days(days)}: Spark"
    try:
        yield
    except PySparkException as error:
        if _GONE in str(error):
            raise StorageError(_cannot_be_reached(where, error)) from None
        if StorageError.__name__ in (said := _in_a_line(str(error))):
            raise StorageError(f"{where}'s workers: {said}") from None
        raise EngineError(f"{where} says {type(error).__name__}: {_in_a_line(str(error))}") from None
    except RpcError as error:
        raise StorageError(_cannot_be_reached(where, error)) from error


def _cannot_be_reached(where: str, error: Exception) -> str:
    return f"{where} cannot be reached any more: {type(error).__name__}. See Spark's own log."


def _in_a_line(said: str) -> str:
    """Return what an error says: its first line, or of one in Python the one that names the exception."""
    raised = _RAISED.findall(said)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return _VALUE.sub("…", raised[-1] if raised else lines[0] if lines else "nothing")
