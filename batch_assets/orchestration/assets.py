"""Tables and raw sources as Dagster sees them: assets with partitions, checks, versions and metadata.

Belongs here: all that is Dagster's about a table. Does not belong here: how its batches are made and published.
"""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import dagster as dg

from ..engine.reading import CLOSED, Reading, measure
from ..errors import WarehouseError
from ..ingest.lakefile import LakeFile
from ..partitions import days_of, name_days
from ..reporting.preview import preview
from ..settings import settings
from ..table.lineage import column_lineage
from ..table.table import Table
from ..warehouse.backfill import backfill
from ..warehouse.batch import Batch
from ..warehouse.connection import Warehouse
from ..warehouse.plan import Refusal
from ..warehouse.publication import Published
from .partitions import DAILY
from .refusals import tell_refused
from .resource import WarehouseResource

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
    def observe(context: dg.OpExecutionContext, warehouse: dg.ResourceParam[WarehouseResource]) -> dg.DataVersionsByPartition:
        root = Path(warehouse.lake)
        days = [day for day in days_of(DAILY.get_partition_keys()) if source.path(root, day).exists()]
        for event in _observations(context.instance, [measure(source, root, day) for day in days]):
            context.log_event(event)
        return dg.DataVersionsByPartition({})

    return observe


def table_asset(table: Table) -> dg.AssetsDefinition:
    """Return a table as an asset whose partitions are its batches.

    A run of one day or of many is one step. Each batch has its own materialization and data version, which is the hash
    of its content, told as soon as its publication is committed. The check has one result: whether all batches that were
    asked for are published.
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
        deps=[_dependency(table, name) for name in table.reads],
        partitions_def=DAILY,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key, blocking=True, description=_what_is_checked(table))],
        dagster_type=cast(dg.DagsterType, dg.Nothing),
    )
    def publish(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        days = days_of(context.partition_keys)
        if not days:
            raise dg.Failure(f"{table.asset}: no day was asked for; is the first day of the range after its last?", allow_retries=False)
        pointers = _latest_events(context.instance, table)
        batches, refused, unfinished = list[Batch](), list[Refusal](), list[str]()
        with _told(context, table, days):
            for outcome in backfill(table, warehouse.warehouse, days, context.run.run_id):
                if isinstance(outcome, Refusal):
                    refused.append(outcome)
                else:
                    _log(context, table, outcome, pointers, warehouse.warehouse, shows=days[-1])
                    batches += outcome.batches
                    unfinished += outcome.unfinished
        if refused:
            told = tell_refused(table.asset, refused, len(days))
            yield _check_result(key, passed=False, metadata={"batches": name_days(refusal.day for refusal in refused), "reason": told})
            raise dg.Failure(told, allow_retries=False) from refused[0].error
        if unfinished:
            raise dg.Failure(f"{table.asset}: {' '.join(unfinished)}", allow_retries=False)
        yield _check_result(key, passed=True, metadata=_totals(batches))
        yield dg.Output(None, output_name="result", metadata=_EVENTS_ARE_LOGGED)
        yield dg.Output(None, output_name=f"{table.layer}__{table.name}_{CHECK}")

    return publish


@contextmanager
def _told(context: dg.AssetExecutionContext, table: Table, days: Sequence[dt.date]) -> Iterator[None]:
    """Tell a failure in one line; ask Dagster to try again after a fault that may pass."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise dg.DagsterExecutionInterruptedError from error
    except WarehouseError as error:
        raise dg.Failure(f"{table.asset}: {error}", allow_retries=False) from error
    except Exception as error:
        told = f"{table.asset}, {name_days(days)}: {error}. What was published before stays; the run's events say which batches of this range are."
        failure = dg.Failure(told, allow_retries=False)
        failure.__cause__ = error
        if isinstance(error, OSError) and not isinstance(error, _STAYS):
            raise _retry(context.retry_number) from failure
        raise failure from error


def _log(context: dg.AssetExecutionContext, table: Table, published: Published, pointers: Mapping[str, int], warehouse: Warehouse, *, shows: dt.date) -> None:
    """Tell Dagster of a publication: what was read, and each batch, the one of the day `shows` with its preview."""
    for event in _observations(context.instance, published.readings):
        context.log_event(event)
    if table.source:
        pointers = {**pointers, **_latest_event(context.instance, "lake", table.source.name)}
    for batch in published.batches:
        shown = preview(table, warehouse, batch.day) if batch.day == shows else {}
        context.log_event(_materialization(table, batch, published.inputs[batch.day], pointers, shown))


def _retry(before: int) -> dg.RetryRequested:
    """Return the request to try again after a fault that may pass. A retry policy would also try again what a person has ended."""
    return dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_SECONDS_TO_RETRY * 2**before * random.uniform(0.5, 1.5))


def _dependency(table: Table, name: str) -> dg.AssetDep:
    look_back = table.lookback.get(name, 0)
    offset = _SINCE_EVER if look_back is None else -look_back
    mapping = dg.TimeWindowPartitionMapping(start_offset=offset, allow_nonexistent_upstream_partitions=True)
    return dg.AssetDep(dg.AssetKey([table.layers.layer_of(name), name]), partition_mapping=mapping if offset else None)


def _definition_metadata(table: Table) -> dict[str, Any]:
    columns = [
        dg.TableColumn(name, str(column.dtype.type), column.description, dg.TableColumnConstraints(nullable=column.nullable))
        for name, column in table.contract.columns().items()
    ]
    metadata: dict[str, Any] = {
        "dagster/table_name": table.asset,
        "dagster/column_schema": dg.TableSchema(columns),
        "grain": ", ".join(table.contract.grain()),
    }
    if table.lookback:
        metadata["look_back"] = ", ".join(f"{name}: {'all days' if days is None else f'{days} days'}" for name, days in table.lookback.items())
    if table.expression is not None and not table.is_map:
        lineage = column_lineage(table.expression)
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                name: [dg.TableColumnDep(dg.AssetKey([table.layers.layer_of(of), of]), column) for of, column in lineage[name] if of != "days"]
                for name in table.contract.columns()
            }
        )
    return metadata


def _what_is_checked(table: Table) -> str:
    parts = ["Types, nulls, ranges and grain are as the contract says"]
    parts += ["every row that was read is kept or quarantined"] * (table.source is not None)
    parts += [f"{made} adds up to {name}.{summed}" for name, pairs in table.conserves.items() for made, summed in pairs.items()]
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


def _materialization(table: Table, batch: Batch, inputs: Mapping[str, str], pointers: Mapping[str, int], shown: Mapping[str, str]) -> dg.AssetMaterialization:
    """Return the event of one batch: its measures, and the tags by which Dagster knows what it was made from."""
    metadata: dict[str, Any] = {"dagster/row_count": batch.kept, "quarantined": batch.rejected, "content": batch.content}
    if batch.total is not None:
        metadata[table.measure or ""] = batch.total
    metadata |= {title: dg.MetadataValue.md(text) for title, text in shown.items()}
    tags = {_VERSION: batch.content, f"{_VERSION}_is_user_provided": "true", "dagster/code_version": table.code}
    for upstream, version in inputs.items():
        name = upstream.replace(".", "/")
        tags[f"dagster/input_data_version/{name}"] = version
        tags[f"dagster/input_event_pointer/{name}"] = str(pointers.get(name, "NULL"))
    return dg.AssetMaterialization(asset_key=[table.layer, table.name], partition=batch.day.isoformat(), metadata=metadata, tags=tags)


def _latest_events(instance: dg.DagsterInstance, table: Table) -> dict[str, int]:
    """Return the id of the latest event of each table that is read: a later one may make this run's batches stale."""
    return {name: event for upstream in table.tables for name, event in _latest_event(instance, table.layers.layer_of(upstream), upstream).items()}


def _latest_event(instance: dg.DagsterInstance, layer: str, name: str) -> dict[str, int]:
    key = dg.AssetKey([layer, name])
    fetch = instance.fetch_observations if layer == "lake" else instance.fetch_materializations
    return {key.to_user_string(): event.storage_id for event in fetch(key, limit=1).records}


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
