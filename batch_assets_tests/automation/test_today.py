"""The job `today` makes what is seen of the day that lasts, and nothing else, every five minutes if somebody switches that on."""

import dagster as dg

from batch_assets.automation.today import today
from batch_assets.orchestration.definitions import build_defs
from batch_assets.table.graph import configured_graph


def test_it_makes_what_is_seen_of_the_day_and_nothing_as_of_a_day() -> None:
    defs = build_defs()
    assert {node.name for node in defs.resolve_job_def("today").nodes} == {f"today__{table.name}" for table in configured_graph().today()}
    assert not [node.name for node in defs.resolve_job_def("daily").nodes if node.name.startswith("today__")]


def test_it_is_off_until_it_is_switched_on() -> None:
    assert today.cron_schedule == "*/5 * * * *"
    assert today.default_status == dg.DefaultScheduleStatus.STOPPED
