"""The daily schedule asks for the last complete store-local day, in the calendar only."""

import datetime as dt
import os
import subprocess
import sys

import dagster as dg
import pytest

from batch_assets.automation.daily import daily, daily_job


def asked(at: dt.datetime) -> dg.RunRequest | dg.SkipReason:
    """Return what the schedule asks for at a time."""
    with dg.instance_for_test() as instance:
        answer = daily(dg.build_schedule_context(instance=instance, scheduled_execution_time=at))
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (dt.datetime(2017, 7, 5, 5, 30, tzinfo=dt.UTC), "2017-07-04"),
        (dt.datetime(2017, 12, 6, 6, 30, tzinfo=dt.UTC), "2017-12-05"),
        (dt.datetime(2017, 3, 12, 6, 30, tzinfo=dt.UTC), "2017-03-11"),
        (dt.datetime(2017, 3, 13, 5, 30, tzinfo=dt.UTC), "2017-03-12"),
    ],
)
def test_it_asks_for_the_day_that_has_just_ended_in_the_store(at: dt.datetime, day: str) -> None:
    request = asked(at)
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, request.run_key) == (day, day)


def test_a_day_outside_the_calendar_is_skipped_with_its_reason() -> None:
    answer = asked(dt.datetime(2026, 7, 5, 5, 30, tzinfo=dt.UTC))
    assert isinstance(answer, dg.SkipReason)
    assert "2026-07-04 is outside the calendar" in str(answer.skip_message)


def test_only_crashed_runs_are_started_again() -> None:
    assert daily_job.tags == {"dagster/max_retries": "3", "dagster/retry_on_asset_or_op_failure": "false"}


def test_it_runs_an_hour_and_a_half_after_the_trading_day_has_ended() -> None:
    assert daily.cron_schedule == "30 1 * * *"
    code = "from batch_assets.automation.daily import daily; print(daily.cron_schedule)"
    environment = {**os.environ, "BATCH_ASSETS_DAY_ENDS_AT": "03:45"}
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "15 5 * * *"
