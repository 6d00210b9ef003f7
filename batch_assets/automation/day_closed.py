"""A day whose stream is closed is run at once, if all its other files are there.

The schedule `daily` asks for it an hour and a half after its end, if nobody has; what is late is left to `catch_up`.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from ..content import combined
from ..engine.reading import version_of
from ..errors import LakeError
from ..ingest.lakefile import LakeFile
from ..orchestration.resource import WarehouseResource
from ..settings import settings
from ..table.graph import configured_graph
from .daily import daily_job, is_run


@dg.sensor(job=daily_job, minimum_interval_seconds=30)
def day_closed(context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[WarehouseResource]) -> dg.RunRequest | dg.SkipReason:
    """Ask for the last day that a lander has closed, once."""
    sources, lake = list(configured_graph().sources()), Path(warehouse.lake)
    day = max((day for source in sources for day in _closed(source, lake)), default=None)
    if day is None:
        return dg.SkipReason("No day has come by a stream.")
    if told := settings.outside(day):
        return dg.SkipReason(f"{told}.")
    if is_run(context.instance, day):
        return dg.SkipReason(f"A run of {day} is under way, or has made it.")
    try:
        with warehouse.warehouse.known_files() as known:
            versions = [version_of(source, lake, day, known.version) for source in sources]
    except LakeError as error:
        return dg.SkipReason(str(error))
    return dg.RunRequest(run_key=f"{day} {combined(versions)[:12]}", partition_key=str(day))


def _closed(source: LakeFile, lake: Path) -> Iterator[dt.date]:
    """Yield the days of a source that came by a stream and are closed."""
    for form in source.streams:
        if form.closing:
            yield from (dt.date.fromisoformat(path.parent.name) for path in lake.glob(form.closing.format(day="????-??-??")))
