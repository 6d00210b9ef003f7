"""The event log that keeps its files open: Dagster's files, watched, wiped and killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy.exc
from dagster._core.storage.event_log import SqliteEventLogStorage

from batch_assets.orchestration.event_log import MOST_OPEN, OpenEventLog

CONFIGURED = Path(__file__).parents[2] / "dagster.yaml.example"
THREE_RUNS = """
import os, signal
import dagster as dg
@dg.asset
def thing(): ...
instance = dg.DagsterInstance.get()
for _ in range(3):
    assert dg.materialize([thing], instance=instance).success
"""
AND_KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
AND_FORKED = """
child = os.fork()
if child == 0:
    raise SystemExit
assert os.waitpid(child, 0)[1] == 0
assert dg.materialize([thing], instance=instance).success
"""


@dg.asset(key="thing")
def thing() -> None:
    """Nothing."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text(CONFIGURED.read_text())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as opened:
        yield opened


def told(storage: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [str(record.event_log_entry.dagster_event_type) for record in storage.get_records_for_run(run_id).records]


def log_of(instance: dg.DagsterInstance) -> OpenEventLog:
    storage = instance.event_log_storage
    assert isinstance(storage, OpenEventLog)
    return storage


def test_dagsters_own_storage_reads_the_same_events(instance: dg.DagsterInstance, home: Path) -> None:
    run_id = dg.materialize([thing], instance=instance).run_id
    own = SqliteEventLogStorage(str(home / "history" / "runs"))
    own.register_instance(instance)
    assert told(own, run_id) == told(log_of(instance), run_id)
    assert "DagsterEventType.ASSET_MATERIALIZATION" in told(own, run_id)
    assert own.has_asset_key(dg.AssetKey("thing"))


def test_who_watches_a_run_is_told_at_once_and_once(instance: dg.DagsterInstance, home: Path) -> None:
    run = instance.create_run_for_job(dg.define_asset_job("some", [thing]).resolve(asset_graph=dg.Definitions([thing]).resolve_asset_graph()))
    seen: list[str] = []
    arrived = threading.Event()

    def note(entry: dg.EventLogEntry, cursor: str) -> None:
        seen.append(entry.message)
        arrived.set()

    with dg.DagsterInstance.get() as watching:
        watching.watch_event_logs(run.run_id, None, note)
        told(log_of(watching), run.run_id)
        instance.report_engine_event("hello", run)
        assert arrived.wait(10)
        arrived.clear()
        assert not arrived.wait(0.5)
    assert [message for message in seen if "hello" in message] == ["hello"]


def test_a_killed_process_loses_no_event(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", THREE_RUNS + AND_KILLED], check=False, capture_output=True, env={**os.environ, "DAGSTER_HOME": str(home)})
    assert done.returncode == -signal.SIGKILL, done.stderr
    with dg.DagsterInstance.get() as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 3
        assert len(instance.fetch_materializations(dg.AssetKey("thing"), limit=10).records) == 3


def logs_left(home: Path) -> list[tuple[str, int]]:
    """Return the write-ahead logs that are not empty, with their bytes."""
    return [(path.name, size) for path in home.rglob("*-wal") if (size := path.stat().st_size)]


@pytest.mark.parametrize("more", ["", AND_FORKED])
def test_a_process_that_ends_leaves_no_write_ahead_log(home: Path, more: str) -> None:
    done = subprocess.run([sys.executable, "-c", THREE_RUNS + more], check=False, capture_output=True, env={**os.environ, "DAGSTER_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    assert logs_left(home) == []
    with dg.DagsterInstance.get() as instance:
        assert len(instance.fetch_materializations(dg.AssetKey("thing"), limit=10).records) == 3 + bool(more)


def test_nor_does_it_where_another_process_reads_the_log(instance: dg.DagsterInstance, home: Path) -> None:
    dg.materialize([thing], instance=instance)
    done = subprocess.run([sys.executable, "-c", THREE_RUNS], check=False, capture_output=True, env={**os.environ, "DAGSTER_HOME": str(home)})
    assert done.returncode == 0, done.stderr
    assert [name for name, _ in logs_left(home) if name.startswith("index")] == []
    assert len(instance.fetch_materializations(dg.AssetKey("thing"), limit=10).records) == 4


def test_a_log_is_emptied_when_its_file_is_one_too_many(instance: dg.DagsterInstance, home: Path) -> None:
    runs = [dg.materialize([thing], instance=instance).run_id for _ in range(MOST_OPEN + 1)]
    assert not [name for name, _ in logs_left(home) if name.startswith(runs[0])]


def test_few_files_are_open_however_many_runs_are_looked_at(instance: dg.DagsterInstance) -> None:
    runs = [dg.materialize([thing], instance=instance).run_id for _ in range(MOST_OPEN + 2)]
    events = {len(told(log_of(instance), run_id)) for run_id in runs}
    assert len(events) == 1
    assert events != {0}
    open_files = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    assert sum(path.startswith(str(log_of(instance)._base_dir)) and path.endswith(".db") for path in open_files) == MOST_OPEN


def test_a_wiped_log_begins_anew(instance: dg.DagsterInstance) -> None:
    dg.materialize([thing], instance=instance)
    log_of(instance).wipe()
    assert not instance.get_latest_materialization_event(dg.AssetKey("thing"))
    run_id = dg.materialize([thing], instance=instance).run_id
    assert told(log_of(instance), run_id)


def test_an_error_in_a_transaction_leaves_the_log_usable(instance: dg.DagsterInstance) -> None:
    with pytest.raises(sqlalchemy.exc.OperationalError), log_of(instance).index_connection() as connection:
        connection.exec_driver_sql("delete from no_such_table")
    assert dg.materialize([thing], instance=instance).success
