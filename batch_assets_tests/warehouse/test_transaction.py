"""A transaction: all or nothing, and what failed is told by its own error."""

import duckdb
import pytest

from batch_assets.settings import settings
from batch_assets.warehouse.transaction import transaction

from .faults import Failing


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    opened.execute("create table numbers (number integer not null)")
    return opened


def numbers(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [number for (number,) in connection.execute("from numbers order by all").fetchall()]


def test_what_is_done_within_is_committed(connection: duckdb.DuckDBPyConnection) -> None:
    with transaction(connection):
        connection.execute("insert into numbers values (1)")
    with pytest.raises(duckdb.TransactionException):
        connection.rollback()
    assert numbers(connection) == [1]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt()])
def test_after_an_error_nothing_is_done_and_the_next_transaction_may_begin(connection: duckdb.DuckDBPyConnection, error: BaseException) -> None:
    def insert_and_fail() -> None:
        with transaction(connection):
            connection.execute("insert into numbers values (1)")
            raise error

    with pytest.raises(type(error)):
        insert_and_fail()
    assert numbers(connection) == []
    with transaction(connection):
        connection.execute("insert into numbers values (2)")
    assert numbers(connection) == [2]


def test_the_reason_of_a_failure_is_not_hidden_by_that_of_its_rollback(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB rolls back by itself what fails for want of disk; a second rollback is an error then."""

    def fail_on_a_full_disk() -> None:
        with transaction(connection):
            connection.rollback()
            raise duckdb.IOException("No space left on device")

    with pytest.raises(duckdb.IOException, match="No space left"):
        fail_on_a_full_disk()


def test_a_commit_that_fails_is_rolled_back_and_told(connection: duckdb.DuckDBPyConnection) -> None:
    statements = iter(["begin", "insert", "lower the limit", "commit"])

    def fail_at_commit() -> None:
        if next(statements, "") == "commit":
            raise duckdb.IOException("No space left on device")

    failing = Failing(connection, fail_at_commit)
    with pytest.raises(duckdb.IOException, match="No space left"), transaction(failing):  # type: ignore[arg-type]
        failing.execute("insert into numbers values (1)")
    assert numbers(connection) == []


def test_a_commit_gets_little_memory_and_what_comes_before_and_after_the_usual_limit(connection: duckdb.DuckDBPyConnection) -> None:
    def limit() -> str:
        return str(connection.execute("select current_setting('memory_limit')").fetchall()[0][0])

    limits: list[str] = []
    watched = Failing(connection, lambda: limits.append(limit()))
    usual = limit()
    with transaction(watched):  # type: ignore[arg-type]
        watched.execute("insert into numbers values (1)")
    begun, written, lowered, committed, *_ = limits
    assert (begun, written, lowered, committed) == (usual, usual, usual, "128.0 MiB")
    assert float(limit().removesuffix(" GiB")) == pytest.approx(float(usual.removesuffix(" GiB")), abs=0.2)


def test_after_a_commit_there_is_as_much_room_as_before(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set temp_directory = ''")
    with transaction(connection):
        connection.execute("insert into numbers values (1)")
    connection.execute("create temp table many as select hash(range) as a, hash(range + 1) as b from range(10000000)")
    assert connection.execute("select count(*) from many").fetchall() == [(10_000_000,)]


def test_commits_do_not_use_up_the_setting_little_by_little(connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB rounds the limit that it tells."""
    monkeypatch.setattr(settings, "memory_limit", "1.7 GiB")
    limits: set[str] = set()
    for _ in range(5):
        with transaction(connection):
            connection.execute("insert into numbers values (1)")
        limits |= set(connection.execute("select current_setting('memory_limit')").fetchall()[0])
    assert len(limits) == 1
