"""What Dagster loads: every source, table, check, job and schedule that lies in its folder. Nothing is registered here.

Dagster warns that observed assets, look-back mappings and backfill policies are beta; its version is pinned, and the
tests say when one of them changes.
"""

import gc
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg

gc.disable()  # What is imported stays: looking for garbage among a million such objects, now and at the process's end, is a fifth of a day's run.
try:
    from .orchestration.assets import source_asset, table_asset
    from .table.layers import sources, tables
    from .warehouse.connection import Warehouse
finally:
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()
    gc.unfreeze()  # All that was imported is old now, and not what the collector begins with.
    gc.enable()


def build_defs(**resources: Any) -> dg.Definitions:
    """Return all definitions; `resources` replaces those of the same name, as tests do."""
    automation = list(_found("automation"))
    return dg.Definitions(
        assets=_assets(),
        asset_checks=[thing for thing in _found("checks") if isinstance(thing, dg.AssetChecksDefinition)],
        jobs=[thing for thing in automation if not isinstance(thing, dg.ScheduleDefinition)],
        schedules=[thing for thing in automation if isinstance(thing, dg.ScheduleDefinition)],
        executor=dg.in_process_executor,
        resources={"warehouse": Warehouse(), **resources},
    )


@cache
def _assets() -> Sequence[dg.AssetsDefinition | dg.SourceAsset]:
    """Return every asset; Dagster loads the definitions several times for a run, and they follow from the code alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [*map(source_asset, sources()), *map(table_asset, tables())]


def _found(folder: str) -> Iterator[Any]:
    """Yield what the modules of a folder are named after, and the jobs beside it: `NAME` and `NAME_job`."""
    for path in sorted((Path(__file__).parent / folder).glob("[!_]*.py")):
        module = import_module(f"{__package__}.{folder}.{path.stem}")
        yield getattr(module, path.stem)
        if job := getattr(module, f"{path.stem}_job", None):
            yield job


@dg.definitions
def defs() -> dg.Definitions:
    """Return what the UI, the daemon and the command line load."""
    definitions = build_defs()
    gc.freeze()
    return definitions
