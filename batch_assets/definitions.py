"""What Dagster loads: `dagster dev`, `dagster asset materialize -m batch_assets.definitions`, the daemon and its runs.

Importing this module does nothing. Loading the definitions, as Dagster does, imports everything that a run needs with the
garbage collector off: it would look through a million objects that stay, again and again, for more than a quarter of a
day's run (2.6 s with, 3.6 s without; `make bench` has the figures of today).
"""

import gc

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Return what the UI, the daemon and the command line load."""
    gc.disable()
    try:
        from .orchestration.definitions import build_defs

        return build_defs()
    finally:
        gc.freeze()
        gc.enable()
