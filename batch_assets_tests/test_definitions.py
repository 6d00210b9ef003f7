"""Loading the definitions: importing the module does nothing, they are made once, and imported modules are excluded from garbage collection."""

import json
import os
import subprocess
import sys

_IMPORT = """
import gc, json, sys
import dagster
before = set(sys.modules)
import batch_assets.definitions
more = sorted(set(sys.modules) - before)
imported = gc.get_freeze_count(), gc.isenabled()
first = batch_assets.definitions.defs()
loaded = gc.get_freeze_count(), gc.isenabled()
same = batch_assets.definitions.defs() is first
print(json.dumps({"more": more, "imported": imported, "loaded": loaded, "same": same, "all": sorted(sys.modules)}))
"""


def told() -> "dict[str, list[object]]":
    """Return what a process saw that imports the definitions, and then loads them."""
    environment = os.environ | {"BATCH_ASSETS_GRAPH": "batch_assets_tests.shop"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _IMPORT], capture_output=True, text=True, check=True, env=environment)
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


def test_importing_does_nothing_and_loading_keeps_what_it_imports_out_of_garbage_collection() -> None:
    found = told()
    assert found["more"] == ["batch_assets", "batch_assets.definitions"]
    assert found["imported"] == [0, True]
    frozen, is_enabled = found["loaded"]
    assert isinstance(frozen, int)
    assert frozen > 100_000
    assert is_enabled
    assert found["same"], "they are made once in a process"
    assert {"duckdb", "ibis", "batch_assets.warehouse.connection", "batch_assets_tests.shop.predictions.expected_counts"} <= set(found["all"])
    assert not [name for name in found["all"] if str(name).startswith("batch_assets.marts")]


def test_the_process_that_loads_them_has_its_garbage_collector_back_after_an_error() -> None:
    code = "import gc, batch_assets.definitions as d\ntry: d.defs()\nexcept Exception as e: print(type(e).__name__, gc.isenabled())"
    environment = os.environ | {"BATCH_ASSETS_GRAPH": "no_such_package"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "DefinitionError True\n"
