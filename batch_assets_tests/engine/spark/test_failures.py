"""Spark's errors: what may pass is a fault of storage, and tried again; what is Spark's answer is not."""

import datetime as dt

import pytest
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from batch_assets.engine.spark.failures import told_plainly
from batch_assets.errors import EngineError, StorageError

from ..conftest import SHOP

TABLE, DAY = SHOP.table("kind_counts"), dt.date(2017, 1, 3)


def test_a_server_that_does_not_answer_may_come_back() -> None:
    gone = SparkConnectGrpcException("<_MultiThreadedRendezvous of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = 'refused'>")
    told = r"^marts\.kind_counts, 2017-01-03: Spark cannot be reached any more: SparkConnectGrpcException\. See Spark's own log\.$"
    with pytest.raises(StorageError, match=told), told_plainly(TABLE, [DAY]):
        raise gone


def test_of_a_trace_of_python_the_exception_is_told_and_of_other_errors_the_first_line() -> None:
    trace = "Please see below.\n[X] thrown: Traceback (most recent call last):\n  File \"a.py\", line 1\n    f()\nValueError: no 'Jane'\n SQLSTATE: 38000"
    with pytest.raises(EngineError, match=r"Spark says SparkConnectGrpcException: ValueError: no …$"), told_plainly(TABLE, [DAY]):
        raise SparkConnectGrpcException(trace)
    with pytest.raises(EngineError, match=r"Spark says SparkConnectGrpcException: division by zero$"), told_plainly(TABLE, [DAY]):
        raise SparkConnectGrpcException("division by zero\n\tat org.apache.Spark")
