"""An asset that does nothing: what a run of Dagster costs as a process, before anything is computed."""

import dagster as dg


@dg.asset
def nothing() -> None:
    """Do nothing."""


defs = dg.Definitions([nothing], executor=dg.in_process_executor)
