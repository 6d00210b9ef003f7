"""A benchmark's working folder: a temporary lake, warehouses, and the environment of the processes it starts."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from batch_assets.partitions import days_between
from batch_assets.table.graph import Graph
from batch_assets.warehouse.backfill import backfill
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.plan import Refusal, stale_days

from .meter import failed

YEAR_BEGINS = dt.date(2017, 1, 1)
HISTORY_ENDS = dt.date(2017, 9, 10)
"""The last day that `Workshop.history` has published, a Sunday."""

MODELS_BEGIN = dt.date(2017, 7, 31)
"""The first day whose model, and forecast, the history has: enough for later backtests to find their fits there."""

GRAPH = Graph("batch_assets")
CHAIN = GRAPH.with_upstreams(["demand_forecast"])
"""The tables of the demand forecast, in order."""

_ROOT = Path(__file__).parents[2]


def tell(line: str) -> None:
    """Say at once what is going on."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", flush=True)


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds, and the most memory that it had at once, in MB."""

    seconds: float
    peak: float


_MEASURED = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdout=sys.stderr).returncode
with open(sys.argv[1], "w") as file:
    json.dump([time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024], file)
sys.exit(code)
"""
"""Runs a command and writes what it took. The benchmarks' own process must not start it: a child counts the memory of the process that it was forked from."""


def run_process(command: list[str], environment: dict[str, str], folder: Path) -> Cost:
    """Run a process to its end.

    Raises:
        RuntimeError: it failed; the end of what it said is told.
    """
    with tempfile.NamedTemporaryFile("r") as cost:
        measured = [sys.executable, "-c", _MEASURED, cost.name, *command]
        done = subprocess.run(measured, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise failed(command, done.stderr)
        return Cost(*json.load(cost))


@dataclass(frozen=True)
class Place:
    """A warehouse and its folders, in one folder of its own."""

    folder: Path
    lake: Path
    memory_limit: str = "null"
    """What DuckDB may use in processes that are started here; by default, its own."""

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse, whether it is there yet or not."""
        at = self.folder
        return Warehouse(str(at / "warehouse.duckdb"), str(self.lake), str(at / "published"), str(at / "models"), lock_timeout=900)

    def copied(self, folder: Path, memory_limit: str = "null") -> "Place":
        """Return a copy, made now."""
        shutil.copytree(self.folder, folder)
        return Place(folder, self.lake, memory_limit)

    def publish(self, name: str, first: dt.date, last: dt.date) -> None:
        """Publish those batches of a table that are missing or stale, without Dagster."""
        table, started = GRAPH.table(name), time.perf_counter()
        with self.warehouse.connect() as con:
            days, _ = stale_days(con, table, days_between(first, last), self.lake)
        if days:
            refused = [outcome for outcome in backfill(table, self.warehouse, days, "benchmark") if isinstance(outcome, Refusal)]
            if refused:
                raise refused[0].error
            tell(f"  {name}: {len(days)} batches in {time.perf_counter() - started:.1f} s")

    def publish_features(self, last: dt.date, last_sales: dt.date | None = None) -> None:
        """Publish marts and features since the year began; the marts up to `last_sales`, if it is later."""
        for table in CHAIN:
            if table.layer == "marts":
                self.publish(table.name, YEAR_BEGINS, last_sales or last)
        for table in CHAIN:
            if table.layer == "features":
                self.publish(table.name, YEAR_BEGINS, last)

    def run_dagster(self, module: str, *arguments: str) -> Cost:
        """Run `dagster asset materialize` as a process of its own, with this warehouse, and bytecode kept as Python does by default; return what it took.

        Raises:
            RuntimeError: it failed; the end of what it said is told.
        """
        command = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize", "-m", module, *arguments]
        return run_process(command, self.environment(), self.folder)

    def bring_up_to_date(self, name: str, first: dt.date, last: dt.date) -> Cost:
        """Run `up-to-date` for a table and what it needs as a process of its own, with this warehouse; return what it took."""
        days = ["--from", first.isoformat(), "--to", last.isoformat()]
        return run_process([sys.executable, "-m", "batch_assets", "up-to-date", "--select", name, *days], self.environment(), self.folder)

    def snapshot(self) -> Cost:
        """Run `snapshot` as a process of its own; return what it took."""
        return run_process([sys.executable, "-m", "batch_assets", "snapshot"], self.environment(), self.folder)

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that has this warehouse, and Dagster's settings as the demo has them."""
        home = self.folder / "dagster"
        if not home.exists():
            home.mkdir(parents=True)
            shutil.copyfile(_ROOT / "dagster.yaml.example", home / "dagster.yaml")
        places = {"LAKE": self.lake, "WAREHOUSE": self.folder / "warehouse.duckdb", "PUBLISHED": self.folder / "published", "MODELS": self.folder / "models"}
        return {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(_ROOT),
            **{f"BATCH_ASSETS_{name}": str(path) for name, path in places.items()},
            "BATCH_ASSETS_MEMORY_LIMIT": self.memory_limit,
        }


@dataclass(frozen=True)
class Workshop:
    """The temporary folder; what several benchmarks need is made when the first one asks for it."""

    folder: Path
    given_lake: Path | None = None

    @cached_property
    def lake(self) -> Path:
        """A lake of the demo's whole year."""
        if self.given_lake:
            return self.given_lake.resolve()
        from batch_assets.demo.builder import build

        tell("building the demo's lake")
        build(self.folder / "lake", self.folder / "manifest.json")
        return self.folder / "lake"

    @cached_property
    def history(self) -> Place:
        """A warehouse with every table published up to `HISTORY_ENDS`; copy it, and change the copy."""
        place = Place(self.folder / "history", self.lake)
        tell(f"publishing the history up to {HISTORY_ENDS}")
        place.publish_features(HISTORY_ENDS)
        for name in ("demand_model", "demand_forecast"):
            place.publish(name, MODELS_BEGIN, HISTORY_ENDS)
        return place

    @cached_property
    def later(self) -> Place:
        """A copy of the history that benchmarks carry on; what one has published, the next does not publish again."""
        place = self.history.copied(self.folder / "later")
        tell("telling Dagster of the history")
        place.run_dagster("batch_assets.definitions", "--select", 'key:"features/target_calendar"', "--partition", HISTORY_ENDS.isoformat())
        return place

    def empty(self, name: str) -> Place:
        """Return a place without a warehouse."""
        (self.folder / name).mkdir()
        return Place(self.folder / name, self.lake)
