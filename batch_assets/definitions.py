"""What Dagster loads: every source, table, job and check that lies in its folder. Nothing is registered here."""

from typing import Any

import dagster as dg

from .assets import source_asset, table_asset
from .layers import sources, tables
from .warehouse import Warehouse


def build_defs(**resources: Any) -> dg.Definitions:
    """Return all definitions; `resources` replaces those of the same name, as tests do."""
    return dg.Definitions(
        assets=[*map(source_asset, sources()), *map(table_asset, tables())],
        executor=dg.in_process_executor,
        resources={"warehouse": Warehouse(), **resources},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return what the UI, the daemon and the command line load."""
    return build_defs()
