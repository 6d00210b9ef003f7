"""What Dagster loads: `dagster dev`, `dagster asset materialize -m batch_assets.definitions`, the daemon and its runs.

Importing this module does nothing. Loading the definitions, as Dagster does, imports everything that a run needs with the
garbage collector off; the imported modules are then excluded from garbage collection. Otherwise the collector would scan a
million long-lived objects again and again: a daily run takes 2.6 s with this and 3.6 s without (`make bench` for current figures).
"""

import gc
from functools import cache

import dagster as dg


@dg.definitions
@cache
def defs() -> dg.Definitions:
    """Return what the UI, the daemon and the command line load. Made once: a run loads it six times, and Dagster would make its repository anew of each."""
    gc.disable()
    try:
        from .engine.ibis_private import import_compilers_when_asked

        import_compilers_when_asked()
        from .orchestration.definitions import build_defs

        return build_defs()
    finally:
        gc.freeze()
        gc.enable()
