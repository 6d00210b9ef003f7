"""day_closed asks for a day once, when its stream is closed and its other files are there; nobody asks for a day that a run makes or has made."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from batch_assets.automation.daily import daily, daily_job
from batch_assets.automation.day_closed import day_closed
from batch_assets.lake.catalogue import catalogue
from batch_assets.orchestration.resource import WarehouseResource

from ..lake.others import write_others
from ..lake.streamed import end, opened, stream_instead
from ..lake.writer import day_of, write_day

DAY = day_of(3)


@pytest.fixture
def lake(resource: WarehouseResource) -> Path:
    """A lake of one day that came by the stream, and of the next, which lasts."""
    root = Path(resource.lake)
    write_day(root, DAY)
    write_others(root, DAY)
    stream_instead(root, DAY)
    opened(root, day_of(4))
    return root


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def asked(resource: WarehouseResource, instance: dg.DagsterInstance) -> dg.RunRequest | str:
    """Return what the sensor asks for, or why it does not."""
    with dg.build_sensor_context(instance=instance, resources={"warehouse": resource}) as context:
        answer = day_closed(context)
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer if isinstance(answer, dg.RunRequest) else str(answer.skip_message)


def test_the_last_day_that_is_closed_is_asked_for_by_one_key(resource: WarehouseResource, instance: dg.DagsterInstance, lake: Path) -> None:
    first, second = asked(resource, instance), asked(resource, instance)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert (first.partition_key, first.run_key) == (str(DAY), second.run_key)
    write_day(lake, day_of(4))
    write_others(lake, day_of(4))
    (lake / f"sales/pos/{day_of(4)}.csv.gz").unlink()
    end(lake, opened(lake, day_of(4)))
    later = asked(resource, instance)
    assert isinstance(later, dg.RunRequest)
    assert later.partition_key == str(day_of(4))


def test_a_day_that_lasts_is_not_asked_for(resource: WarehouseResource, instance: dg.DagsterInstance) -> None:
    opened(Path(resource.lake), DAY)
    assert asked(resource, instance) == "No day has come by a stream."


def test_it_waits_for_the_other_files_of_the_day(resource: WarehouseResource, instance: dg.DagsterInstance, lake: Path) -> None:
    catalogue.path(lake, DAY).unlink()
    told = asked(resource, instance)
    assert isinstance(told, str)
    assert told.startswith(f"lake.catalogue: there is no file for {DAY}")


@pytest.mark.parametrize(
    ("status", "is_asked"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, False),
        (dg.DagsterRunStatus.STARTED, False),
        (dg.DagsterRunStatus.SUCCESS, False),
        (dg.DagsterRunStatus.FAILURE, True),
        (dg.DagsterRunStatus.CANCELED, True),
    ],
)
def test_what_is_run_is_not_asked_for_by_sensor_or_schedule(
    resource: WarehouseResource, instance: dg.DagsterInstance, lake: Path, status: dg.DagsterRunStatus, is_asked: bool
) -> None:
    run = dg.DagsterRun(job_name=daily_job.name, status=status, tags={"dagster/partition": str(DAY)})
    instance.add_run(run)
    assert isinstance(asked(resource, instance), dg.RunRequest) == is_asked
    at = dt.datetime.combine(DAY + dt.timedelta(days=1), dt.time(6, 30), dt.UTC)
    answer = daily(dg.build_schedule_context(instance=instance, scheduled_execution_time=at))
    assert isinstance(answer, dg.RunRequest) == is_asked


def test_a_day_outside_the_calendar_is_skipped_with_its_reason(resource: WarehouseResource, instance: dg.DagsterInstance) -> None:
    root, day = Path(resource.lake), dt.date(2026, 7, 4)
    end(root, opened(root, day))
    assert "2026-07-04 is outside the calendar" in str(asked(resource, instance))
