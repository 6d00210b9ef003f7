"""All that Dagster knows of a graph: every source, table, check, job and schedule that lies in its folder. Nothing is registered here.

Dagster warns that observed assets and backfill policies are beta; its version is pinned, and the
tests say when one of them changes.
"""

import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import dagster as dg

from ..settings import settings
from ..table.graph import Graph
from ..table.layers import Layers
from .assets import source_asset, table_asset
from .resource import WarehouseResource

_PACKAGE = __name__.split(".")[0]


def build_defs(graph: str | None = None, **resources: Any) -> dg.Definitions:
    """Return the definitions of a graph.

    Args:
        graph: the package that has its folders; by default, the one that the setting `graph` names.
        resources: replace those of the same name, as tests do.
    """
    package = graph or settings.graph
    automation = list(_found(_PACKAGE, "automation"))
    return dg.Definitions(
        assets=_assets(package),
        asset_checks=[thing for thing in _found(package, "checks") if isinstance(thing, dg.AssetChecksDefinition)],
        jobs=[thing for thing in automation if not isinstance(thing, dg.ScheduleDefinition | dg.SensorDefinition)],
        sensors=[thing for thing in automation if isinstance(thing, dg.SensorDefinition)],
        schedules=[thing for thing in automation if isinstance(thing, dg.ScheduleDefinition)],
        executor=dg.in_process_executor,
        resources={"warehouse": WarehouseResource(), **resources},
    )


@cache
def _assets(package: str) -> Sequence[dg.AssetsDefinition | dg.SourceAsset]:
    """Return every asset; Dagster loads the definitions several times for a run, and they follow from the code alone."""
    graph = Graph(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [*map(source_asset, graph.sources()), *map(table_asset, graph.tables())]


def _found(package: str, folder: str) -> Iterator[Any]:
    """Yield what the modules of a folder are named after, and the jobs beside it: `NAME` and `NAME_job`."""
    for name in Layers(package).names(folder):
        module = import_module(f"{package}.{folder}.{name}")
        yield getattr(module, name)
        if job := getattr(module, f"{name}_job", None):
            yield job
