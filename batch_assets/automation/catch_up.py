"""Catching up: days that were missed while the daemon was down, whose files came late, or whose run found the warehouse held, are run when they can be.

A day is asked for once for each state of what it is made from. So one that fails is asked for again when its files, the code, or the
days before it have changed, and at once if its run only gave up waiting for the warehouse.
"""

import datetime as dt
import json
from pathlib import Path

import dagster as dg

from ..content import combined
from ..engine.reading import version_of
from ..errors import LakeError, WarehouseError
from ..ingest.known_files import KnownFiles
from ..orchestration.assets import GAVE_UP
from ..orchestration.resource import WarehouseResource
from ..partitions import day_at, name_days
from ..settings import settings
from ..table.graph import Graph, configured_graph
from ..warehouse.gaps import gaps
from .daily import daily_job

_GRACE = dt.timedelta(hours=2)
"""How long after its end a day is left to the schedule `daily`."""

_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(job=daily_job, minimum_interval_seconds=60)
def catch_up(context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[WarehouseResource]) -> dg.SensorResult | dg.SkipReason:
    """Ask for the oldest day that is missing and can be run, one at a time: a later day reads those before it."""
    if context.instance.get_runs(dg.RunsFilter(job_name=daily_job.name, statuses=_UNDER_WAY), limit=1):
        return dg.SkipReason("A run of daily is under way.")
    graph = configured_graph()
    try:
        with warehouse.warehouse.read_only() as con:
            missing = gaps(con, [table.asset for table in graph.tables()], _last_day())
    except WarehouseError as error:
        return dg.SkipReason(str(error))
    asked: dict[str, str] = json.loads(context.cursor or "{}")
    asked = {day: key for day, key in asked.items() if dt.date.fromisoformat(day) in missing}
    with warehouse.warehouse.known_files() as known:
        for number, day in enumerate(missing):
            key = _key(context.instance, graph, Path(warehouse.lake), known, day, missing[:number])
            if key and asked.get(str(day)) != key:
                asked[str(day)] = key
                return dg.SensorResult([dg.RunRequest(run_key=f"{day} {key}", partition_key=str(day))], cursor=json.dumps(asked))
    return dg.SkipReason(f"No file has arrived for, and nothing has changed since the last run of, {name_days(missing)}." if missing else "No day is missing.")


def _last_day() -> dt.date:
    last = day_at(_now() - _GRACE) - dt.timedelta(days=1)
    return min(last, settings.last_day) if settings.last_day else last


def _now() -> dt.datetime:
    return dt.datetime.now(settings.zone)


def _key(instance: dg.DagsterInstance, graph: Graph, lake: Path, known: KnownFiles, day: dt.date, before: list[dt.date]) -> str | None:
    """Return a hash of what a run of a day depends on; None if its files are not there, or not complete."""
    try:
        versions = [version_of(source, lake, day, known.version) for source in graph.sources()]
    except LakeError:
        return None
    gave_up = instance.get_runs_count(dg.RunsFilter(job_name=daily_job.name, tags={"dagster/partition": str(day), GAVE_UP: "true"}))
    return combined([*versions, *(table.code for table in graph.tables()), *map(str, before), str(gave_up)])[:12]
