"""The command lines as a person types them, on the tests' own graph: several files a day and Parquet go through every one of them."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from batch_assets.__main__ import main
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.settings import settings

from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days
from .runs import ledger
from .test_up_to_date import CONFIGURED, settled

__all__ = ["settled"]


@pytest.fixture
def environment(resource: WarehouseResource, tmp_path: Path) -> dict[str, str]:
    """The environment of a person who has the tests' own graph and an empty warehouse."""
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text(CONFIGURED.read_text())
    places = {"LAKE": resource.lake, "WAREHOUSE": resource.database, "PUBLISHED": resource.published, "MODELS": resource.models, "GRAPH": PACKAGE}
    return os.environ | {"DAGSTER_HOME": str(tmp_path / "dagster")} | {f"BATCH_ASSETS_{name}": value for name, value in places.items()}


def run(environment: dict[str, str], *command: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command of this environment's in a folder."""
    program = [sys.executable, "-m", "batch_assets"] if command[0] == "up-to-date" else [str(Path(sys.executable).with_name("dagster"))]
    return subprocess.run([*program, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)


def events(environment: dict[str, str], kind: str) -> int:
    """Return how many events of a kind Dagster's index has."""
    with sqlite3.connect(Path(environment["DAGSTER_HOME"]) / "history" / "runs" / "index.db") as index:
        return int(index.execute("select count(*) from event_logs where dagster_event_type = ?", [kind]).fetchone()[0])


def test_from_several_files_a_day_to_predictions(resource: WarehouseResource, environment: dict[str, str]) -> None:
    lake = Path(resource.lake)
    write_days(lake, 4)
    write_counts(lake, day_of(2), {"anna.csv": ["1,12,", "x,5,"], "ben.csv": ["2,24,half empty", "2,1,", "bad"]})
    materialize = ("asset", "materialize", "-m", "batch_assets.definitions", "--select", "*")
    ranged = run(environment, *materialize, "--partition-range", f"{day_of(0)}...{day_of(3)}")
    assert ranged.returncode == 0, ranged.stderr[-3000:]
    assert list(ledger(resource.warehouse, "predictions.expected_counts")) == [str(day_of(n)) for n in range(4)]
    assert events(environment, "ASSET_MATERIALIZATION") == 7 * 4
    assert events(environment, "ASSET_OBSERVATION") == 2 * 4
    with resource.warehouse.connect() as con:
        refused = con.con.execute("select source_file, source_line from quality.quarantine order by all").fetchall()
    assert refused == [(f"counts/{day_of(2)}/anna.csv", 3), (f"counts/{day_of(2)}/ben.csv", 3), (f"counts/{day_of(2)}/ben.csv", 4)]

    bounds = ("up-to-date", "--from", str(day_of(3)), "--to", str(day_of(3)))
    assert run(environment, *bounds).stdout == "everything is up to date\n"
    write_counts(lake, day_of(3), {"anna.csv": ["1,13,", "3,5,"], "ben.csv": ["2,99,half empty"]})
    observed = run(environment, "job", "execute", "-m", "batch_assets.definitions", "-j", "observe_lake")
    assert observed.returncode == 0, observed.stderr[-3000:]
    assert events(environment, "ASSET_OBSERVATION") == 2 * 4 + 1
    selected = run(environment, *bounds, "--select", "kind_counts")
    assert selected.returncode == 0, selected.stderr
    assert "2 batches published in " in selected.stdout
    rest = run(environment, *bounds)
    assert "1 batch published in " in rest.stdout, rest.stderr
    assert run(environment, *bounds).stdout.splitlines()[-1] == "everything else is up to date"
    past = run(environment, *bounds, "--restate-past")
    assert "2 batches published in " in past.stdout, past.stderr
    latest = duckdb.read_parquet(str(Path(resource.published) / "latest" / "expected_counts.parquet"))
    assert latest.aggregate("count(*), min(batch_date)").fetchall() == [(6, day_of(3))]

    poisoned = run(environment, *materialize, "--partition-range", f"{day_of(3)}...{day_of(4)}")
    assert poisoned.returncode != 0
    assert f"lake.counts: there is no file for {day_of(4)}" in poisoned.stdout + poisoned.stderr
    assert events(environment, "ASSET_MATERIALIZATION") > 7 * 4 + 5


def test_a_table_that_is_not_there_is_told_in_one_line(environment: dict[str, str]) -> None:
    unknown = run(environment, "up-to-date", "--from", str(day_of(0)), "--to", str(day_of(0)), "--select", "shelf_count")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
    assert unknown.stderr.startswith("there is no table shelf_count; the tables are ")


def said(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str, str]:
    """Run a command in this process, which saves the seconds that one of its own takes to start; return its exit code, and what it said."""
    code = main(list(command))
    return (code, *capsys.readouterr())


def test_verify_tells_what_differs_and_has_it_made_again(settled: WarehouseResource, capsys: pytest.CaptureFixture[str]) -> None:
    write_days(Path(settled.lake), 2)
    assert said(capsys, "up-to-date", "--from", str(day_of(1)), "--to", str(day_of(1)))[0] == 0
    assert said(capsys, "verify") == (0, "every published table, file and model is as the ledger says\n", "")
    with duckdb.connect(settled.database) as con:
        con.execute("update marts.kind_counts set pieces = pieces + 1 where batch_date = '2017-01-02'")
    assert said(capsys, "verify") == (
        1,
        "marts.kind_counts, batch 2017-01-02: rows of the table were changed since they were published\n",
        "differences: 1; python -m batch_assets verify --repair has them made again\n",
    )
    (version,) = (Path(settled.models) / "mean_model").iterdir()
    as_trained = (version / "means.json").read_bytes()
    (version / "means.json").write_bytes(as_trained[:-5])
    code, told, error = said(capsys, "verify", "--repair")
    assert (version / "means.json").read_bytes() == as_trained
    assert code == 0, error
    assert told.endswith("every published table, file and model is as the ledger says\n")


@pytest.mark.parametrize("command", ["verify", "plan"])
def test_a_command_whose_reader_has_seen_enough_ends_without_a_word(environment: dict[str, str], resource: WarehouseResource, command: str) -> None:
    write_days(Path(resource.lake), 1)
    reads, writes = os.pipe()
    os.close(reads)
    days = ["--from", str(day_of(0)), "--to", str(day_of(0))] if command == "plan" else []
    program = [sys.executable, "-m", "batch_assets", command, *days]
    ended = subprocess.run(program, env=environment, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


MATERIALIZE = ("asset", "materialize", "-m", "batch_assets.definitions", "--select", 'key:"marts/shelf_counts"', "--partition", str(day_of(0)))
UPDATE = ("up-to-date", "--from", str(day_of(0)), "--to", str(day_of(1)), "--select", "shelf_counts")


def test_both_command_lines_obey_the_same_file_of_settings(resource: WarehouseResource, environment: dict[str, str], tmp_path: Path) -> None:
    write_days(Path(resource.lake), 2)
    said = {name: environment.pop(name) for name in list(environment) if name.startswith(("BATCH_ASSETS_", "DAGSTER_HOME"))}
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in said.items()))
    environment["DAGSTER_HOME"] = str(tmp_path / "no such folder")
    materialized = run(environment, *MATERIALIZE, folder=tmp_path)
    assert materialized.returncode == 0, materialized.stderr[-3000:]
    updated = run(environment, *UPDATE, folder=tmp_path)
    assert "1 batch published in " in updated.stdout, updated.stderr[-3000:]
    assert list(ledger(resource.warehouse, "marts.shelf_counts")) == [str(day_of(n)) for n in range(2)]
    assert events({"DAGSTER_HOME": said["DAGSTER_HOME"]}, "ASSET_MATERIALIZATION") == 2
    contradicted = run({**environment, "BATCH_ASSETS_WAREHOUSE": str(tmp_path / "other.duckdb")}, *UPDATE, folder=tmp_path)
    assert (contradicted.returncode, contradicted.stderr.count("\n")) == (1, 1)
    assert "other.duckdb' in the environment and " in contradicted.stderr


def test_a_run_that_dagster_would_forget_publishes_nothing(resource: WarehouseResource, environment: dict[str, str], tmp_path: Path) -> None:
    write_days(Path(resource.lake), 1)
    del environment["DAGSTER_HOME"]
    forgotten = run(environment, *MATERIALIZE, folder=tmp_path)
    assert forgotten.returncode != 0
    assert "marts.shelf_counts: DAGSTER_HOME is not set, so Dagster's UI would never show what this run publishes in" in forgotten.stderr + forgotten.stdout
    assert not Path(resource.database).exists()


def test_prune_tells_what_can_go_and_removes_it_when_it_may(
    settled: WarehouseResource, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_days(Path(settled.lake), 3)
    assert said(capsys, "up-to-date", "--from", str(day_of(0)), "--to", str(day_of(2)))[0] == 0
    assert said(capsys, "prune") == (0, "nothing can go\n", "")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(settings, "warehouse", Path(f"{settled.database}.wrong"))
        code, _, error = said(capsys, "prune")
    assert (code, error.count("\n")) == (1, 1)
    assert not Path(f"{settled.database}.wrong").exists()
    old = Path(settled.models) / "mean_model.fits" / "0123"
    old.mkdir(parents=True)
    (old / "fit.txt").write_bytes(bytes(2_000_000))
    (old / "SHA256SUMS").touch()
    assert said(capsys, "prune") == (0, "nothing can go\n", "")
    monkeypatch.setattr(settings, "keep_days", 0)
    _, told, _ = said(capsys, "prune")
    assert f"{old}: can go; kept for later trainings, 2.0 MB\n" in told
    assert told.endswith("python -m batch_assets prune --yes removes all of this\n")
    assert old.exists()
    assert said(capsys, "prune", "--yes")[1].endswith("models, folders removed: 3, 2.0 MB\n")
    assert not old.exists()
    assert said(capsys, "verify")[0] == 0
