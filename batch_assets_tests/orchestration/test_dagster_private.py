"""The private parts of Dagster that are used: each is there and does what is relied upon, or a line says which one a new version has broken."""

import ast
import inspect
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import pytest

import batch_assets

MODULES = {
    "RunFailureReason": "dagster._core.events",
    "SqliteEventLogStorage": "dagster._core.storage.event_log",
    "SQLITE_BUSY_TIMEOUT_SECONDS": "dagster._core.storage.sqlite",
    "DagsterSqliteStorage": "dagster._core.storage.sqlite_storage",
    "_event_logs_directory": "dagster._core.storage.sqlite_storage",
    "ConfigurableClassData": "dagster._serdes",
}
"""Every private name that `orchestration/dagster_private.py` takes, and where from."""


@contextmanager
def relied_upon(name: str) -> Iterator[None]:
    """Say, if what is within fails, which private part of Dagster is to blame and which pin to look at."""
    try:
        yield
    except Exception as error:
        raise AssertionError(
            f"Dagster {version('dagster')} has changed a private part, {MODULES[name]}.{name} ({type(error).__name__}: {error}). "
            "Mend orchestration/dagster_private.py and what uses it, or go back to the version in constraints.txt: pyproject.toml has the pin of dagster."
        ) from error


@pytest.mark.parametrize("name", MODULES)
def test_it_is_there(name: str) -> None:
    with relied_upon(name):
        module = __import__(MODULES[name], fromlist=[name])
        assert hasattr(module, name), "it is not there"


def test_nothing_else_is_taken() -> None:
    tree = ast.parse((Path(batch_assets.__file__).parent / "orchestration" / "dagster_private.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("dagster")]
    assert {alias.name: node.module for node in imports for alias in node.names} == MODULES


def test_a_run_that_was_terminated_has_a_reason_of_its_own() -> None:
    with relied_upon("RunFailureReason"):
        from batch_assets.orchestration.dagster_private import RunFailureReason

        assert len({RunFailureReason.UNEXPECTED_TERMINATION, RunFailureReason.STEP_FAILURE}) == 2


def test_a_failed_run_says_its_reason() -> None:
    @dg.op
    def fails() -> None:
        raise ValueError("on purpose")

    @dg.job
    def failing() -> None:
        fails()

    with relied_upon("RunFailureReason"):
        from batch_assets.orchestration.dagster_private import RunFailureReason

        result = failing.execute_in_process(raise_on_error=False)
        (event,) = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
        assert event.job_failure_data.failure_reason == RunFailureReason.STEP_FAILURE


def test_the_log_is_opened_by_what_is_overridden(tmp_path: Path) -> None:
    """`OpenEventLog` overrides these methods and uses these fields; with another shape, Dagster would go past it without a word."""
    with relied_upon("SqliteEventLogStorage"):
        from batch_assets.orchestration.dagster_private import SqliteEventLogStorage

        storage = SqliteEventLogStorage(str(tmp_path))
        parameters = {name: list(inspect.signature(getattr(SqliteEventLogStorage, name)).parameters) for name in ("_connect", "_initdb", "has_table", "wipe")}
        assert parameters == {
            "_connect": ["self", "shard"],
            "_initdb": ["self", "engine", "for_index_shard"],
            "has_table": ["self", "table_name"],
            "wipe": ["self"],
        }
        assert isinstance(storage._initialized_dbs, set)
        with storage._db_lock:
            pass
        assert storage.path_for_shard("index") in storage.conn_string_for_shard("index")
        with storage._connect("index") as connection:
            assert connection.exec_driver_sql("select count(*) from event_logs").scalar() == 0
        assert Path(storage.path_for_shard("index")).exists()
        assert "_connect" in inspect.getsource(SqliteEventLogStorage.index_connection) + inspect.getsource(SqliteEventLogStorage.run_connection)
        storage.dispose()


def test_the_wait_for_another_writer_is_a_number_of_seconds() -> None:
    with relied_upon("SQLITE_BUSY_TIMEOUT_SECONDS"):
        from batch_assets.orchestration.dagster_private import SQLITE_BUSY_TIMEOUT_SECONDS

        sqlite3.connect(":memory:", timeout=SQLITE_BUSY_TIMEOUT_SECONDS).close()
        assert SQLITE_BUSY_TIMEOUT_SECONDS >= 1


def test_the_storage_is_made_from_a_folder_and_its_log_can_be_replaced(tmp_path: Path) -> None:
    with relied_upon("DagsterSqliteStorage"):
        from batch_assets.orchestration.dagster_private import DagsterSqliteStorage

        storage = DagsterSqliteStorage.from_local(str(tmp_path))
        assert storage.event_log_storage is storage._event_log_storage
        assert list(inspect.signature(DagsterSqliteStorage.__init__).parameters) == ["self", "base_dir", "inst_data"]
        assert set(inspect.signature(DagsterSqliteStorage.from_config_value).parameters) == {"inst_data", "config_value"}
        storage.dispose()


def test_the_events_lie_where_dagsters_own_storage_has_them(tmp_path: Path) -> None:
    with relied_upon("_event_logs_directory"):
        from batch_assets.orchestration.dagster_private import DagsterSqliteStorage, SqliteEventLogStorage, event_logs_directory

        own = DagsterSqliteStorage.from_local(str(tmp_path))
        log = own.event_log_storage
        assert isinstance(log, SqliteEventLogStorage)
        assert Path(log._base_dir) == Path(event_logs_directory(str(tmp_path)))
        own.dispose()


def test_a_failure_says_which_part_and_which_pin() -> None:
    told = r"dagster\._serdes\.ConfigurableClassData \(KeyError: 'gone'\)\. Mend .*dagster_private\.py.*pyproject\.toml"
    with pytest.raises(AssertionError, match=told), relied_upon("ConfigurableClassData"):
        raise KeyError("gone")
