"""Raw sources as Dagster assets, and what Dagster is told of their files.

Does not belong here: how files are read (`engine/reading.py`), and tables (`assets.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from ..engine.reading import CLOSED, GONE, Reading, measure, version_of
from ..errors import LakeError
from ..ingest.lakefile import LakeFile
from ..partitions import days_of, is_closed
from ..settings import settings
from ..table.contract import PRIVATE
from .events import DATA_VERSION
from .landed import landed, open_day
from .partitions import DAILY
from .resource import WarehouseResource


def source_asset(source: LakeFile) -> dg.AssetsDefinition | dg.SourceAsset:
    """Return a raw source as an observable asset: the data version of a day is the hash of its files."""
    columns = [dg.TableColumn(name, "text", meaning, tags=privacy(name in source.private)) for name, meaning in source.columns.items()]

    @dg.observable_source_asset(
        key=["lake", source.name],
        group_name="lake",
        description=source.description,
        partitions_def=DAILY,
        tags={"layer": "lake", **privacy(bool(source.private))},
        metadata={"dagster/uri": str(settings.lake / source.pattern), "dagster/column_schema": dg.TableSchema(columns)},
    )
    def observe(context: dg.OpExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]) -> dg.DataVersionsByPartition:
        with warehouse.warehouse.known_files() as known:
            root = Path(warehouse.lake)
            for event in observations(context.instance, source, root, list(_news(context, source, root, known.version))):
                context.log_event(event)
            try:
                for event in open_day(source, root):
                    context.log_event(event)
            except LakeError as error:
                context.log.warning(str(error))
        return dg.DataVersionsByPartition({})

    return observe


def observations(instance: dg.DagsterInstance, source: LakeFile, root: Path, readings: Sequence[Reading]) -> Iterator[dg.AssetObservation]:
    """Yield an observation for each new or changed day of a source's files; an unchanged day is not reported again."""
    seen = _versions_seen(instance, source.name) if readings else {}
    for reading in readings:
        day = reading.day.isoformat()
        if reading.version != CLOSED and seen.get(day) != reading.version:
            yield dg.AssetObservation(
                asset_key=["lake", source.name],
                partition=day,
                metadata={"dagster/row_count": reading.rows, "bytes": reading.size, **landed(source, root, reading.day)},
                tags={DATA_VERSION: reading.version},
            )


def privacy(is_private: bool) -> dict[str, str]:
    """Return the tag by which the UI shows that something has personal data."""
    return {PRIVATE: ""} if is_private else {}


def _news(context: dg.OpExecutionContext, source: LakeFile, root: Path, version: Callable[[Path], str]) -> Iterator[Reading]:
    """Yield what is new in the lake: days that arrived, changed, or are gone. Only their files are read."""
    seen, days = _versions_seen(context.instance, source.name), days_of(DAILY.get_partition_keys())
    for line in source.overlooked(root, days):
        context.log.warning(line)
    for day in days:
        last = seen.get(day.isoformat())
        if source.path(root, day).exists():
            try:
                if version_of(source, root, day, version) != last:
                    yield measure(source, root, day)
            except LakeError as error:
                context.log.warning(str(error))
        elif last and not is_closed(day):
            yield Reading(source.name, day, GONE)


def _versions_seen(instance: dg.DagsterInstance, source: str) -> dict[str, str]:
    """Return the version of each day of a raw source that Dagster was told last."""
    key = dg.AssetKey(["lake", source])
    tags = instance.event_log_storage.get_latest_tags_by_partition(key, dg.DagsterEventType.ASSET_OBSERVATION, [DATA_VERSION])
    return {day: told[DATA_VERSION] for day, told in tags.items() if DATA_VERSION in told}
