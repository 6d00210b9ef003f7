"""How workers scale: the rows of `till_lines` made by one worker, and by two, of one core each, on a cluster on this machine.

A worker is kept to its core with all that it starts, as if it were a machine: what Spark calls a core is a thread of Java and a process of Python, which would
take two. Only the workers' stage is timed: raw rows from Parquet, the table's expression, and the counting and hashing of what it makes. What comes before
(the raw file is read by the process that publishes) and after is not theirs. `python -m batch_assets_tests.benchmarks.scale.cores` is the process
that asks for it.
"""

import os
import shutil
import subprocess
import sys
import time

from batch_assets.engine.spark.engine import Spark
from batch_assets.settings import settings
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse

from ..bars import Bar, print_table
from ..workshop import GRAPH, Place, tell
from .measured import DAY, Measurements, in_tables
from .ways import STANDALONE, ready

LINES = 1_000_000
TURNS = 3


def measure_cores(measurements: Measurements) -> Bar:
    """Print the seconds with one and with two workers, and return the bar of their ratio."""
    found = {cores: _seconds(measurements, cores) for cores in (1, 2)}
    rows = [[cores, f"{min(times):.2f}", " ".join(f"{seconds:.2f}" for seconds in times), f"{LINES / min(times):,.0f}"] for cores, times in found.items()]
    print_table(f"The rows of till_lines made of {LINES:,} raw rows, by workers of one core", ["workers", "least s", "all", "rows/s"], rows)
    print(f"  load now: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores")
    return Bar("two workers beside one, of twice the speed", min(found[1]) / min(found[2]) / 2, least=0.8)


def _seconds(measurements: Measurements, cores: int) -> list[float]:
    folder, lake = measurements.workshop.folder / f"cores_{cores}", measurements.lake(LINES)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(measurements.past_in_tables, folder)
    tell(f"workers: {cores}")
    with ready(STANDALONE, folder, cores, kept_apart=True) as standing:
        told = {**Place(folder, lake).environment(), **in_tables(folder), **standing.told}
        command = [sys.executable, "-m", f"{__package__}.cores"]
        done = subprocess.run(command, env=told, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(folder)
    return [float(seconds) for seconds in done.stdout.split()]


def _make_again_and_again() -> None:
    """Print the seconds that the workers took, turn by turn; a first one, for warming up, is not told."""
    table = GRAPH.table("till_lines")
    warehouse = Warehouse(str(settings.warehouse), str(settings.lake), str(settings.published), str(settings.models), settings.lock_timeout)
    with warehouse.connect() as con, warehouse.store.opened(con.con) as opened:
        engine = Spark(con, settings.lake, Artifacts(settings.models), opened)
        engine.stage(table, [DAY])
        content = engine.content(DAY)
        for turn in range(TURNS + 1):
            started = time.perf_counter()
            assert engine.content_alone(table, DAY) == content
            if turn:
                print(time.perf_counter() - started)


if __name__ == "__main__":
    _make_again_and_again()
