"""How long Dagster's last runs took, from their start to their end. Does not belong here: what of that is publishing (`warehouse/pace.py`)."""

import dagster as dg

_LATEST = 50
"""Runs that are looked at: older ones may be of other code, or another machine."""


def durations(instance: dg.DagsterInstance) -> dict[str, float]:
    """Return the seconds that each of the last successful runs took."""
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]), limit=_LATEST)
    return {record.dagster_run.run_id: record.end_time - record.start_time for record in records if record.start_time and record.end_time}
