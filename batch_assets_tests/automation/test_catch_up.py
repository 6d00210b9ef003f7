"""catch_up asks for days that are missing and can be run, oldest first, and again only when something has changed."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from batch_assets.automation.catch_up import catch_up
from batch_assets.automation.daily import daily_job
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.settings import settings

from ..orchestration.runs import definitions
from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_day, write_days


class Daemon:
    """Who evaluates the sensor, tick by tick, at half past eight of a day in the store."""

    def __init__(self, resource: WarehouseResource, instance: dg.DagsterInstance, patch: pytest.MonkeyPatch) -> None:
        self.resource, self.instance, self.patch = resource, instance, patch
        self.cursor: str | None = None
        self.skipped = ""
        self.keys: list[str] = []

    def asks(self, today: int, hour: int = 8) -> str | None:
        """Return the day that is asked for, if one is."""
        now = dt.datetime.combine(day_of(today), dt.time(hour, 30), settings.zone)
        self.patch.setattr("batch_assets.automation.catch_up._now", lambda: now)
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources={"warehouse": self.resource}) as context:
            answer = catch_up(context)
        if isinstance(answer, dg.SkipReason):
            self.skipped = str(answer.skip_message)
            return None
        assert isinstance(answer, dg.SensorResult)
        assert answer.run_requests
        (request,) = answer.run_requests
        self.cursor = answer.cursor
        assert request.run_key not in self.keys
        self.keys.append(str(request.run_key))
        return request.partition_key

    def runs(self, day: str, *, succeeds: bool = True) -> None:
        """Run a day of the job."""
        job = definitions(self.resource).resolve_job_def("daily")
        assert job.execute_in_process(instance=self.instance, partition_key=day, raise_on_error=False).success == succeeds


@pytest.fixture
def daemon(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setattr(settings, "graph", PACKAGE)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(resource, instance, monkeypatch)


def test_days_that_were_missed_are_asked_for_oldest_first(daemon: Daemon) -> None:
    write_days(Path(daemon.resource.lake), 5)
    assert daemon.asks(3) is None
    assert daemon.skipped.endswith("not there yet.")
    daemon.runs(str(day_of(0)))
    assert daemon.asks(1) is None
    assert daemon.skipped == "No day is missing."
    assert daemon.asks(3, hour=1) == str(day_of(1))
    daemon.runs(str(day_of(1)))
    assert daemon.asks(3, hour=1) is None
    assert daemon.asks(3) == str(day_of(2))
    daemon.runs(str(day_of(2)))
    assert daemon.asks(3) is None
    assert json.loads(daemon.cursor or "") == {str(day_of(2)): daemon.keys[-1].split()[1]}


def test_a_trading_day_that_ends_in_the_morning_is_left_to_the_schedule_until_then(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "day_ends_at", dt.time(7))
    write_days(Path(daemon.resource.lake), 3)
    daemon.runs(str(day_of(0)))
    assert daemon.asks(2) is None
    assert daemon.asks(2, hour=9) == str(day_of(1))


def test_a_day_whose_files_are_late_is_asked_for_when_they_are_all_there(daemon: Daemon) -> None:
    lake = Path(daemon.resource.lake)
    write_days(lake, 1)
    daemon.runs(str(day_of(0)))
    assert daemon.asks(2) is None
    assert daemon.skipped == "No file has arrived for, and nothing has changed since the last run of, 2017-01-02."
    write_counts(lake, day_of(1), {"anna.csv": ["1,1,"]}, closed=False)
    assert daemon.asks(2) is None
    write_day(lake, day_of(1))
    assert daemon.asks(2) == str(day_of(1))


def test_a_day_that_fails_holds_up_nothing_and_is_asked_for_again_when_its_file_has_changed(daemon: Daemon) -> None:
    lake = Path(daemon.resource.lake)
    write_days(lake, 3)
    daemon.runs(str(day_of(0)))
    write_counts(lake, day_of(1), {"anna.csv": ["x"], "ben.csv": []})
    assert daemon.asks(3) == str(day_of(1))
    daemon.runs(str(day_of(1)), succeeds=False)
    assert daemon.asks(3) == str(day_of(2))
    daemon.runs(str(day_of(2)), succeeds=False)
    assert daemon.asks(3) is None
    write_day(lake, day_of(1))
    assert daemon.asks(3) == str(day_of(1))
    daemon.runs(str(day_of(1)))
    assert daemon.asks(3) == str(day_of(2))
    daemon.runs(str(day_of(2)))
    assert daemon.asks(3) is None


def test_a_run_that_gave_up_waiting_is_asked_for_again(daemon: Daemon) -> None:
    write_days(Path(daemon.resource.lake), 2)
    daemon.runs(str(day_of(0)))
    assert daemon.asks(2) == str(day_of(1))
    assert daemon.asks(2) is None
    daemon.instance.create_run_for_job(
        definitions(daemon.resource).resolve_job_def("daily"),
        status=dg.DagsterRunStatus.FAILURE,
        tags={"dagster/partition": str(day_of(1)), "batch_assets/gave_up": "true"},
    )
    assert daemon.asks(2) == str(day_of(1))


def test_a_run_that_gives_up_waiting_is_tagged(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    from batch_assets.errors import WarehouseError

    from ..orchestration.runs import failing

    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(WarehouseError("still held"), 99))
    write_days(Path(daemon.resource.lake), 1)
    daemon.runs(str(day_of(0)), succeeds=False)
    (run,) = daemon.instance.get_runs()
    assert run.tags["batch_assets/gave_up"] == "true"


def test_nothing_is_asked_for_while_a_run_is_under_way_or_the_warehouse_is_held(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    write_days(Path(daemon.resource.lake), 2)
    daemon.runs(str(day_of(0)))

    def held(*_: object, **__: object) -> None:
        raise duckdb.IOException("Conflicting lock is held")

    with monkeypatch.context() as patch:
        patch.setattr("batch_assets.warehouse.connection.duckdb.connect", held)
        assert daemon.asks(2) is None
        assert daemon.skipped.endswith("held by another process.")
    daemon.instance.create_run_for_job(definitions(daemon.resource).resolve_job_def("daily"), status=dg.DagsterRunStatus.STARTED)
    assert daemon.asks(2) is None
    assert daemon.skipped == "A run of daily is under way."


def test_it_is_off_until_somebody_switches_it_on() -> None:
    assert catch_up.default_status == dg.DefaultSensorStatus.STOPPED
    assert catch_up.job_name == daily_job.name
