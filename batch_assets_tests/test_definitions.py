"""Loading the definitions: what they need stays, and is not looked through for garbage; what a run makes afterwards is."""

import gc

from batch_assets.definitions import defs


def test_garbage_is_looked_for_among_what_is_made_after_loading() -> None:
    before = gc.get_freeze_count()
    try:
        defs()
        assert gc.get_freeze_count() > before + 10_000
        assert gc.isenabled()
    finally:
        gc.unfreeze()
