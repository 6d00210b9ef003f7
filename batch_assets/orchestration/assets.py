"""Tables and raw sources as Dagster sees them: assets with partitions, checks, versions and metadata.

Belongs here: all that is Dagster's about a table. Does not belong here: how its batches are made and published.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dagster as dg
import duckdb

from ..engine.reading import CLOSED, Reading, measure
from ..errors import BatchError, WarehouseError
from ..ingest.lakefile import LakeFile
from ..partitions import DAILY, days_of, name_days
from ..settings import settings
from ..table.layers import layer_of
from ..table.table import Published, Table
from ..warehouse.connection import Warehouse
from ..warehouse.publication import Batch

CHECK = "contract"
OWNERS = {"lake": "team:sources", "marts": "team:data", "features": "team:ml", "models": "team:ml", "predictions": "team:ml"}

_VERSION = "dagster/data_version"
_EVENTS_ARE_LOGGED = {"__source_asset_observation__": True}
_SINCE_EVER = -36_525
_RETRIES, _SECONDS_TO_RETRY = 2, 10
_STAYS = FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError


def source_asset(source: LakeFile) -> dg.AssetsDefinition | dg.SourceAsset:
    """Return a raw source as an asset that is observed: the data version of a day is the hash of its file."""
    columns = [dg.TableColumn(name, "text", meaning) for name, meaning in source.columns.items()]

    @dg.observable_source_asset(
        key=["lake", source.name],
        group_name="lake",
        description=source.description,
        partitions_def=DAILY,
        tags={"layer": "lake"},
        metadata={"dagster/uri": str(settings.lake / source.pattern), "dagster/column_schema": dg.TableSchema(columns)},
    )
    def observe(context: dg.OpExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.DataVersionsByPartition:
        root = Path(warehouse.lake)
        days = [day for day in days_of(DAILY.get_partition_keys()) if source.path(root, day).exists()]
        for event in _observations(context.instance, [measure(source, root, day) for day in days]):
            context.log_event(event)
        return dg.DataVersionsByPartition({})

    return observe


def table_asset(table: Table) -> dg.AssetsDefinition:
    """Return a table as an asset whose partitions are its batches.

    A run of one day or of many is one step. Each batch has its own materialization and data version, which is the hash
    of its content; all of a run are published or none, so its check has one result.
    """
    key = dg.AssetKey([table.layer, table.name])

    @dg.asset(
        key=key,
        group_name=table.layer,
        description=table.description,
        kinds=set(table.kinds),
        owners=[OWNERS[table.layer]],
        tags={"layer": table.layer},
        metadata=_definition_metadata(table),
        code_version=table.code,
        deps=[_dependency(name, table.lookback.get(name, 0)) for name in table.reads],
        partitions_def=DAILY,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key, blocking=True, description=_what_is_checked(table))],
        dagster_type=cast(dg.DagsterType, dg.Nothing),
    )
    def publish(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
        days = days_of(context.partition_keys)
        if not days:
            raise dg.Failure(f"{table.layer}.{table.name}: no day was asked for; is the first day of the range after its last?", allow_retries=False)
        pointers = _latest_events(context.instance, table.tables)
        try:
            published = table.publish(warehouse, days, context.run.run_id)
        except BatchError as error:
            if not isinstance(error, WarehouseError):
                yield _check_result(key, passed=False, metadata={"batches": name_days([error.day] if error.day else days), "reason": str(error)})
            raise dg.Failure(f"{table.layer}.{table.name}: {error}", allow_retries=False) from error
        except Exception as error:
            if "Query interrupted" in str(error):
                raise dg.DagsterExecutionInterruptedError from error
            told = f"{table.layer}.{table.name}, {name_days(days)}: {error}. Nothing was published; the batches before it are still there."
            failure = dg.Failure(told, allow_retries=False)
            failure.__cause__ = error
            if isinstance(error, duckdb.IOException | OSError) and not isinstance(error, _STAYS):
                raise _retry(context.retry_number) from failure
            raise failure from error
        for event in _observations(context.instance, published.readings):
            context.log_event(event)
        pointers |= _latest_events(context.instance, [table.source.name] if table.source else [])
        for batch in published.batches:
            context.log_event(_materialization(table, key, batch, published, pointers))
        yield _check_result(key, passed=True, metadata=_totals(published.batches))
        yield dg.Output(None, output_name="result", metadata=_EVENTS_ARE_LOGGED)
        yield dg.Output(None, output_name=f"{table.layer}__{table.name}_{CHECK}")

    return publish


def _retry(before: int) -> dg.RetryRequested:
    """Return the request to try again after a fault that may pass. A retry policy would also try again what a person has ended."""
    return dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_SECONDS_TO_RETRY * 2**before * random.uniform(0.5, 1.5))


def _dependency(name: str, look_back: int | None) -> dg.AssetDep:
    offset = _SINCE_EVER if look_back is None else -look_back
    mapping = dg.TimeWindowPartitionMapping(start_offset=offset, allow_nonexistent_upstream_partitions=True)
    return dg.AssetDep(dg.AssetKey([layer_of(name), name]), partition_mapping=mapping if offset else None)


def _definition_metadata(table: Table) -> dict[str, Any]:
    columns = [
        dg.TableColumn(name, str(column.dtype.type), column.description, dg.TableColumnConstraints(nullable=column.nullable))
        for name, column in table.contract.columns().items()
    ]
    metadata: dict[str, Any] = {
        "dagster/table_name": f"{table.layer}.{table.name}",
        "dagster/column_schema": dg.TableSchema(columns),
        "grain": ", ".join(table.contract.grain()),
    }
    if table.lookback:
        metadata["look_back"] = ", ".join(f"{name}: {'all days' if days is None else f'{days} days'}" for name, days in table.lookback.items())
    if table.compiled:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                name: [dg.TableColumnDep(dg.AssetKey([layer_of(of), of]), column) for of, column in table.compiled.lineage[name] if of != "days"]
                for name in table.contract.columns()
            }
        )
    return metadata


def _what_is_checked(table: Table) -> str:
    parts = ["Types, nulls, ranges and grain are as the contract says"]
    parts += ["every row that was read is kept or quarantined"] * (table.source is not None)
    parts += [f"{made} adds up to {name}.{read}" for name, (read, made) in table.conserves.items()]
    parts += ["no batch that it looks back on is missing"] * bool(table.lookback)
    return "; ".join(parts) + ". A batch that breaks this is not published."


def _totals(batches: Sequence[Batch]) -> dict[str, str | int]:
    kept, rejected = sum(batch.kept for batch in batches), sum(batch.rejected for batch in batches)
    return {"batches": name_days(batch.day for batch in batches), "rows": kept, "quarantined": rejected}


def _check_result(key: dg.AssetKey, *, passed: bool, metadata: Mapping[str, str | int]) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=CHECK,
        passed=passed,
        metadata={name: dg.MetadataValue.int(value) if isinstance(value, int) else dg.MetadataValue.text(value) for name, value in metadata.items()},
        blocking=True,
    )


def _materialization(table: Table, key: dg.AssetKey, batch: Batch, published: Published, pointers: Mapping[str, int]) -> dg.AssetMaterialization:
    """Return the event of one batch: its measures, and the tags by which Dagster knows what it was made from."""
    metadata: dict[str, Any] = {"dagster/row_count": batch.kept, "quarantined": batch.rejected, "content": batch.content}
    if batch.total is not None:
        metadata[table.measure or ""] = batch.total
    metadata |= {name: dg.MetadataValue.md(text) for name, text in published.shown.get(batch.day, {}).items()}
    tags = {_VERSION: batch.content, f"{_VERSION}_is_user_provided": "true", "dagster/code_version": table.code}
    for upstream, version in published.inputs[batch.day].items():
        name = upstream.replace(".", "/")
        tags[f"dagster/input_data_version/{name}"] = version
        tags[f"dagster/input_event_pointer/{name}"] = str(pointers.get(name, "NULL"))
    return dg.AssetMaterialization(asset_key=key, partition=batch.day.isoformat(), metadata=metadata, tags=tags)


def _latest_events(instance: dg.DagsterInstance, names: Sequence[str]) -> dict[str, int]:
    """Return the id of the latest event of each upstream: a later one may make this run's batches stale."""
    found: dict[str, int] = {}
    for name in names:
        key = dg.AssetKey([layer_of(name), name])
        fetch = instance.fetch_observations if layer_of(name) == "lake" else instance.fetch_materializations
        found |= {key.to_user_string(): event.storage_id for event in fetch(key, limit=1).records}
    return found


def _observations(instance: dg.DagsterInstance, readings: Sequence[Reading]) -> Iterator[dg.AssetObservation]:
    """Yield what is new about raw files; a file that is still as it was last seen is not told again."""
    seen = {
        source: instance.event_log_storage.get_latest_tags_by_partition(dg.AssetKey(["lake", source]), dg.DagsterEventType.ASSET_OBSERVATION, [_VERSION])
        for source in {reading.source for reading in readings}
    }
    for reading in readings:
        day = reading.day.isoformat()
        if reading.version != CLOSED and seen[reading.source].get(day, {}).get(_VERSION) != reading.version:
            yield dg.AssetObservation(
                asset_key=["lake", reading.source],
                partition=day,
                metadata={"dagster/row_count": reading.rows, "bytes": reading.size},
                tags={_VERSION: reading.version},
            )
