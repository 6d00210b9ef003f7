"""The Dagster definitions of a graph: every source, table, check, job and schedule found in its folder. Nothing needs to be registered.

Dagster marks observable assets and backfill policies as beta. Its version is pinned, and the tests detect when one of
them changes.
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
from .assets import table_asset
from .resource import WarehouseResource
from .sources import source_asset
from .today import today_asset

_PACKAGE = __name__.split(".")[0]


def build_defs(graph: str | None = None, **resources: Any) -> dg.Definitions:
    """Return the definitions of a graph.

    Args:
        graph: the package that contains the graph's folders; by default, the setting `graph`.
        resources: replacements for the resources of the same names, for tests.
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
    """Return every asset. Cached, since they depend only on the code, whatever the resources are."""
    graph = Graph(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [*map(source_asset, graph.sources()), *map(table_asset, graph.tables()), *map(today_asset, graph.today())]


def _found(package: str, folder: str) -> Iterator[Any]:
    """Yield the definitions in the modules of a folder: `NAME` from the module `NAME`, and `NAME_job` if there is one."""
    for name in Layers(package).names(folder):
        module = import_module(f"{package}.{folder}.{name}")
        yield getattr(module, name)
        if job := getattr(module, f"{name}_job", None):
            yield job
