"""Having made again what `verify` found to differ: a Dagster run for the batches of each table, and the files from the table's rows.

A model's files come back by training: the same version has the same files. So they are only removed if what it was trained from is still as it was.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg

from ..partitions import batches, name_days, stretches
from ..table.table import Table
from ..warehouse.difference import Difference
from ..warehouse.replay import why_not_trained_again
from .resource import WarehouseResource
from .up_to_date import run_stretch

_INSTEAD = "Bring its folder back from a backup, or have models and predictions replaced: python -m batch_assets up-to-date --restate-past"


def repair(
    job: dg.JobDefinition,
    tables: Sequence[Table],
    found: Sequence[Difference],
    instance: dg.DagsterInstance,
    resource: WarehouseResource,
    tell: Callable[[str], None],
) -> None:
    """Make differing batches again, from the lake and the upstreams' batches, and put files right.

    Raises:
        RuntimeError: a batch could not be made again; the message says which, and why.
    """
    failures: list[str] = []
    for difference in found:
        if difference.file:
            difference.file.unlink(missing_ok=True)
        if difference.is_spare and difference.folder:
            shutil.rmtree(difference.folder, ignore_errors=True)
            tell(f"{difference.folder}: removed; it is trained again when it is needed")
    for table in tables:
        of_table = [difference for difference in found if difference.asset == table.asset and not difference.file and not difference.is_spare]
        lost = {difference.folder: _why_not_trained(table, difference, resource) for difference in of_table if difference.folder}
        for folder, reason in lost.items():
            if reason:
                failures.append(f"{table.asset}: version {folder.name} cannot be trained again: {reason}. {_INSTEAD}")
            else:
                shutil.rmtree(folder, ignore_errors=True)
        for stretch in stretches({difference.day for difference in of_table if difference.day and not (difference.folder and lost[difference.folder])}):
            published, failure = run_stretch(job, table, stretch, instance)
            tell(f"{table.asset}: {batches(published)} made again, {name_days(stretch)}")
            failures += [failure] if failure else []
    with resource.warehouse.connect():
        tell("files were put right from the tables' rows")
    if failures:
        raise RuntimeError("; ".join(failures))


def _why_not_trained(table: Table, difference: Difference, resource: WarehouseResource) -> str | None:
    """Return why a version whose files differ would not come back by training; None if it would."""
    version = difference.folder.name if difference.folder else ""
    if not difference.day:
        return None
    with resource.warehouse.connect() as con:
        return why_not_trained_again(con, table, difference.day, version, Path(resource.lake))
