"""Having made again what `verify` found to differ: a Dagster run for the batches of each table, and the files from the table's rows."""

from collections.abc import Callable, Sequence

import dagster as dg

from ..partitions import batches, name_days, stretches
from ..table.table import Table
from ..warehouse.verify import Difference
from .resource import WarehouseResource
from .up_to_date import run_stretch


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
    for difference in found:
        if difference.file:
            difference.file.unlink(missing_ok=True)
    failures: list[str] = []
    for table in tables:
        for stretch in stretches({difference.day for difference in found if difference.asset == table.asset and not difference.file}):
            published, failure = run_stretch(job, table, stretch, instance)
            tell(f"{table.asset}: {batches(published)} made again, {name_days(stretch)}")
            failures += [failure] if failure else []
    with resource.warehouse.connect():
        tell("files were put right from the tables' rows")
    if failures:
        raise RuntimeError("; ".join(failures))
