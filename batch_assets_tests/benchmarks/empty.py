"""Assets that do nothing, to measure the fixed cost of a Dagster run as a process."""

import gc
from importlib import import_module

import dagster as dg

LIBRARIES = ("ibis.backends.duckdb", "pandas")


@dg.asset
def nothing() -> None:
    """Do nothing."""


@dg.asset
def nothing_but_imports() -> None:
    """Import the libraries that a day of the chain needs, as it does, and do nothing with them."""
    from batch_assets.engine.ibis_private import import_compilers_when_asked

    gc.disable()
    import_compilers_when_asked()
    for library in LIBRARIES:
        import_module(library)
    gc.freeze()


defs = dg.Definitions([nothing, nothing_but_imports], executor=dg.in_process_executor)
