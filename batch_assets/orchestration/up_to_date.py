"""Bringing tables up to date: Dagster runs that publish exactly the batches that are missing or stale.

Belongs here: the runs and their progress messages. Does not belong here: which batches those are (`warehouse/plan.py`), or how
a batch is published.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg

from ..errors import MissingBatchError
from ..partitions import batches, name_days, stretches
from ..table.table import Table
from ..warehouse.ledger import totals
from ..warehouse.plan import Refusal, stale_days
from ..warehouse.planned import Step
from .dagster_private import RunFailureReason
from .refusals import tell_refused
from .resource import WarehouseResource

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def bring_up_to_date(
    job: dg.JobDefinition,
    plan: Sequence[Step],
    instance: dg.DagsterInstance,
    resource: WarehouseResource,
    tell: Callable[[str], None],
) -> int:
    """Publish what a plan lists, as far as it proves stale when it is the table's turn; return the number of batches published.

    A batch that fails does not block those that do not depend on it.

    Args:
        job: Dagster's job for all assets.
        plan: what is to be done, table by table, in topological order.
        instance: the Dagster instance.
        resource: the warehouse.
        tell: receives a progress message for each step.

    Raises:
        RuntimeError: some batches could not be published; the message says which, and why. Dagster has the logs.
        KeyboardInterrupt: a run was interrupted, or cancelled in Dagster.
    """
    count, failures, waiting = 0, list[str](), 0
    for step in plan:
        if not step.days:
            continue
        table = step.table
        with resource.warehouse.connect() as con, resource.warehouse.known_files() as known:
            stale, refused = stale_days(con, table, step.days, Path(resource.lake), known.version)
        held_up, at_fault = _apart(refused, failures)
        waiting += len(held_up)
        failures += [tell_refused(table.asset, at_fault, step.asked)] if at_fault else []
        for stretch in stretches(stale):
            started = time.monotonic()
            tell(f"{table.asset}: {batches(len(stretch))}, {name_days(stretch)} ...")
            published, failure = run_stretch(job, table, stretch, instance)
            count += published
            failures += [failure] if failure else []
            tell(f"{table.asset}: {_totals(resource, table, stretch)} in {time.monotonic() - started:.1f} s{', not all of them' * bool(failure)}")
    if failures:
        told = "; ".join(failure.removesuffix(".") for failure in failures)
        raise RuntimeError(f"{told}." + f" {batches(waiting)} of other tables {'waits' if waiting == 1 else 'wait'} for them." * bool(waiting))
    return count


def _apart(refused: Sequence[Refusal], failures: Sequence[str]) -> tuple[list[Refusal], list[Refusal]]:
    """Split the refused batches into those that only lack a failed upstream, and those that failed themselves."""
    held_up = [refusal for refusal in refused if failures and isinstance(refusal.error, MissingBatchError)]
    return held_up, [refusal for refusal in refused if refusal not in held_up]


def run_stretch(job: dg.JobDefinition, table: Table, days: Sequence[dt.date], instance: dg.DagsterInstance) -> tuple[int, str | None]:
    """Run a stretch of days; return how many batches were published, and why others were not."""
    result = job.execute_in_process(
        run_config=_QUIET,
        instance=instance,
        asset_selection=[dg.AssetKey([table.layer, table.name])],
        tags={"dagster/asset_partition_range_start": days[0].isoformat(), "dagster/asset_partition_range_end": days[-1].isoformat()},
        raise_on_error=False,
    )
    published = sum(event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION for event in result.all_events)
    if result.success:
        return published, None
    if any(_is_interrupt(event) for event in result.all_events):
        raise KeyboardInterrupt
    failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    reasons = [failure.user_failure_data.description if failure.user_failure_data else str(failure.error) for failure in failures]
    return published, "; ".join(str(reason) for reason in reasons)


def _is_interrupt(event: dg.DagsterEvent) -> bool:
    failed = event.event_type == dg.DagsterEventType.RUN_FAILURE
    return event.event_type == dg.DagsterEventType.RUN_CANCELED or (failed and event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION)


def _totals(resource: WarehouseResource, table: Table, days: Sequence[dt.date]) -> str:
    with resource.warehouse.connect() as con:
        kept, rejected = totals(con, table.asset, days[0], days[-1])
    return f"{kept:,} rows" + (f", {rejected:,} quarantined" if rejected else "")
