"""Tables as Dagster assets, with partitions, checks, versions and metadata.

Belongs here: everything about a table that is specific to Dagster. Does not belong here: how its batches are computed and
published, and raw sources (`sources.py`).
"""

import datetime as dt
import random
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import dagster as dg

from ..errors import BatchError, DefinitionError, EngineError, WarehouseError
from ..partitions import days_of, name_days
from ..reporting.preview import preview
from ..table.graph import Graph
from ..table.layers import TODAY
from ..table.table import Table
from ..warehouse.backfill import backfill
from ..warehouse.batch import Batch
from ..warehouse.connection import Warehouse
from ..warehouse.plan import Refusal
from ..warehouse.publication import Published
from .asked import standing
from .events import materialization
from .home import why_forgotten
from .partitions import DAILY
from .refusals import tell_refused
from .resource import WarehouseResource
from .sources import observations, privacy
from .unreported import report_unreported

CHECK = "contract"
OWNERS = {"lake": "team:sources", "marts": "team:data", "features": "team:ml", "models": "team:ml", "predictions": "team:ml", TODAY: "team:data"}

GAVE_UP = "batch_assets/gave_up"
"""The tag of a run that gave up waiting for the warehouse; the sensor `catch_up` asks for its day again."""

_EVENTS_ARE_LOGGED = {"__source_asset_observation__": True}
_WHAT_STALE_SEES = (
    "Dagster calls a batch stale if its code, or what it reads of the same day, has changed. Changes of the earlier days that it looks back on are seen by "
    "`python -m batch_assets up-to-date`, which compares all of them with the ledger."
)
_RETRIES, _SECONDS_TO_RETRY = 2, 10
_STAYS = FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError


def table_asset(table: Table) -> dg.AssetsDefinition:
    """Return a table as an asset whose partitions are its batches.

    A run is a single step, whether for one day or many. Each batch gets its own materialization, reported as soon as its
    publication is committed; its data version is its content hash. The check has one result: whether all requested batches
    were published.
    """
    key = dg.AssetKey([table.layer, table.name])

    @dg.asset(
        key=key,
        group_name=table.layer,
        description=table.description,
        kinds=set(table.kinds),
        owners=[OWNERS[table.layer]],
        tags={"layer": table.layer, **privacy(bool(table.contract.private()))},
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
        if told := why_forgotten(context.instance, warehouse.database):
            raise dg.Failure(f"{table.asset}: {told}", allow_retries=False)
        pointers = _latest_events(context.instance, table)
        batches, refused, unfinished = list[Batch](), list[Refusal](), list[str]()
        with _told(context, table, days):
            if warehouse.is_first_use():
                report_unreported(context.instance, Graph(table.layers.package).tables(), warehouse.warehouse, context.log.info)
            if stand := standing(context.run, table, warehouse.warehouse, days):
                context.log.info(f"{table.asset}: {name_days(stand)} stands as published. To replace it, materialize it, or run up-to-date --restate-past.")
            asked = [day for day in days if day not in stand]
            for outcome in backfill(table, warehouse.warehouse, asked, context.run.run_id):
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
        yield _check_result(key, passed=True, metadata={**_totals(batches), **({"standing": name_days(stand)} if stand else {})})
        yield dg.Output(None, output_name="result", metadata=_EVENTS_ARE_LOGGED)
        yield dg.Output(None, output_name=f"{table.layer}__{table.name}_{CHECK}")

    return publish


@contextmanager
def _told(context: dg.AssetExecutionContext, table: Table, days: Sequence[dt.date]) -> Iterator[None]:
    """Report a failure in one line; ask Dagster to retry after a transient error."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise dg.DagsterExecutionInterruptedError from error
    except WarehouseError as error:
        context.instance.add_run_tags(context.run.run_id, {GAVE_UP: "true"})
        raise dg.Failure(f"{table.asset}: {error}", allow_retries=False) from error
    except Exception as error:
        if table.sees_private and not isinstance(error, BatchError | DefinitionError | EngineError | OSError):
            error = _without_its_message(error)
        why = f"{table.asset}, {name_days(days)}: {str(error).removesuffix('.')}"
        told = f"{why}. Previous batches stay published; the run's events list those of this range that were published."
        failure = dg.Failure(told, allow_retries=False)
        failure.__cause__ = error
        if isinstance(error, OSError) and not isinstance(error, _STAYS):
            raise _retry(context.retry_number) from failure
        raise failure from error


def _without_its_message(error: Exception) -> Exception:
    """Return what may be told of an error that is not ours, whose message may quote private values: its type, and where it was raised."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return RuntimeError(f"{type(error).__name__} at {place.filename}:{place.lineno}; its message is not told, since it may quote private values")


def _log(context: dg.AssetExecutionContext, table: Table, published: Published, pointers: Mapping[str, int], warehouse: Warehouse, *, shows: dt.date) -> None:
    """Report a publication to Dagster: what was read, and each batch; the batch of the day `shows` gets a preview."""
    if table.source:
        for event in observations(context.instance, table.source, Path(warehouse.lake), published.readings):
            context.log_event(event)
        pointers = {**pointers, **_latest_event(context.instance, "lake", table.source.name)}
    for batch in published.batches:
        shown: dict[str, Any] = {} if batch.total is None else {table.measure or "": batch.total}
        if batch.day == shows:
            shown |= {title: dg.MetadataValue.md(text) for title, text in preview(table, warehouse, batch.day).items()}
        inputs = published.inputs[batch.day]
        context.log_event(materialization(table, batch.day, batch.kept, batch.rejected, batch.content, table.code, inputs, pointers, shown))


def _retry(before: int) -> dg.RetryRequested:
    """Return a retry request, with backoff and jitter, for a transient error. A retry policy would also retry a cancelled run."""
    return dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_SECONDS_TO_RETRY * 2**before * random.uniform(0.5, 1.5))


def _dependency(table: Table, name: str) -> dg.AssetDep:
    """Return what Dagster knows of an upstream: that a batch reads its batch of the same day.

    A look-back as a partition mapping would let a backfill of ten days in the UI ask for every later day of what looks back on them. Look-backs are
    enforced, and compared, by the ledger.
    """
    return dg.AssetDep(dg.AssetKey([table.layers.layer_of(name), name]))


def _definition_metadata(table: Table) -> dict[str, Any]:
    private = table.contract.private()
    columns = [
        dg.TableColumn(name, str(column.type), column.description, dg.TableColumnConstraints(nullable=column.nullable), tags=privacy(name in private))
        for name, column in table.contract.columns().items()
    ]
    metadata: dict[str, Any] = {
        "dagster/table_name": table.asset,
        "dagster/column_schema": dg.TableSchema(columns),
        "grain": ", ".join(table.contract.grain()),
    }
    if table.lookback:
        metadata["look_back"] = ", ".join(f"{name}: {'all days' if days is None else f'{days} days'}" for name, days in table.lookback.items())
        metadata["stale"] = _WHAT_STALE_SEES
    if lineage := table.lineage:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                name: [dg.TableColumnDep(dg.AssetKey([table.layers.layer_of(of), of]), column) for of, column in lineage[name] if of != "days"]
                for name in table.contract.columns()
            }
        )
    return metadata


def _what_is_checked(table: Table) -> str:
    parts = ["Types, nulls, ranges and grain are as the contract says"]
    parts += ["every row that was read is kept or quarantined"] * (table.source is not None or table.sifts is not None)
    parts += [f"{made} adds up to {name}.{summed}" for name, pairs in table.conserves.items() for made, summed in pairs.items()]
    parts += ["no batch in its look-back window is missing"] * bool(table.lookback)
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


def _latest_events(instance: dg.DagsterInstance, table: Table) -> dict[str, int]:
    """Return the id of the latest event of each upstream; any later event may make this run's batches stale."""
    return {name: event for upstream in table.tables for name, event in _latest_event(instance, table.layers.layer_of(upstream), upstream).items()}


def _latest_event(instance: dg.DagsterInstance, layer: str, name: str) -> dict[str, int]:
    key = dg.AssetKey([layer, name])
    fetch = instance.fetch_observations if layer == "lake" else instance.fetch_materializations
    return {key.to_user_string(): event.storage_id for event in fetch(key, limit=1).records}
