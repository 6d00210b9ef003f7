"""The whole path as a person runs it: a small lake, the real command lines, the forecasts read while they are written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from batch_assets.demo.builder import build
from batch_assets.demo.catalogue import RATES as CATALOGUE_RATES
from batch_assets.demo.dirt import RATES as TILL_RATES
from batch_assets.table.graph import configured_graph

from ..lake.writer import day_of, till_line, write_till

LAST = day_of(44)
MANIFEST = "manifest.json"
_OF_THE_DAY = ("features/customer_candidates", "features/customer_product")
"""Features on which no later day looks back."""
_TABLES = f"(group:marts or group:features) and not ({' or '.join(f'key:{chr(34)}{name}{chr(34)}' for name in _OF_THE_DAY)})"
_SCORED = ("models/sentiment_model", "predictions/review_sentiment")
"""What later days look back on."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a person who has a small lake, and no warehouse yet."""
    folder = tmp_path_factory.mktemp("person")
    build(folder / "lake", folder / MANIFEST, last=LAST, households=80, dirtier=20)
    (folder / "dagster").mkdir()
    (folder / "dagster" / "dagster.yaml").write_text((Path(__file__).parents[2] / "dagster.yaml.example").read_text())
    return os.environ | {
        "DAGSTER_HOME": str(folder / "dagster"),
        "BATCH_ASSETS_LAKE": str(folder / "lake"),
        "BATCH_ASSETS_WAREHOUSE": str(folder / "warehouse.duckdb"),
        "BATCH_ASSETS_PUBLISHED": str(folder / "published"),
        "BATCH_ASSETS_MODELS": str(folder / "models"),
        "BATCH_ASSETS_MIN_TRAINING_DAYS": "30",
    }


def dagster(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `dagster asset materialize` with arguments."""
    command = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize", "-m", "batch_assets.definitions", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


def batch_assets(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the project's own command line."""
    return subprocess.run([sys.executable, "-m", "batch_assets", *arguments], env=environment, capture_output=True, text=True, timeout=240, check=False)


def ledger(environment: dict[str, str]) -> "list[tuple[str, int, str]]":
    """Return how many batches each table has, and a hash over their contents."""
    with duckdb.connect(environment["BATCH_ASSETS_WAREHOUSE"], read_only=True) as connection:
        return connection.execute(
            "select asset, count(*), md5(string_agg(content, ',' order by batch_date)) from quality.batches group by asset order by asset"
        ).fetchall()


def test_from_raw_files_to_forecasts_through_the_command_line(environment: dict[str, str]) -> None:
    before = batch_assets(environment, "forecasts")
    assert before.returncode == 1
    assert "There are no forecasts yet" in before.stderr

    untrained = dagster(environment, "--select", 'key:"predictions/demand_forecast"', "--partition", str(LAST))
    assert untrained.returncode != 0
    assert "and 2017-02-14 is not published" in untrained.stdout + untrained.stderr

    scored = " or ".join(f'key:"{name}"' for name in _SCORED)
    history = dagster(environment, "--select", f"{_TABLES} or {scored}", "--partition-range", f"{day_of(0)}...{day_of(43)}")
    assert history.returncode == 0, history.stderr[-3000:]
    day = dagster(environment, "--select", "group:marts or group:features or group:models or group:predictions", "--partition", str(LAST))
    assert day.returncode == 0, day.stderr[-3000:]

    shown = batch_assets(environment, "forecasts")
    assert shown.returncode == 0
    assert f"Forecast at the end of {LAST}" in shown.stdout
    published = ledger(environment)
    once = {table.asset for table in configured_graph().tables() if table.stands} - {name.replace("/", ".") for name in _SCORED}
    once |= {name.replace("/", ".") for name in _OF_THE_DAY}
    assert {asset: count for asset, count, _ in published} == {table.asset: 1 if table.asset in once else 45 for table in configured_graph().tables()}

    again = batch_assets(environment, "up-to-date", "--from", str(LAST), "--to", str(LAST))
    assert again.stdout.strip() == "everything is up to date", again.stderr
    assert ledger(environment) == published

    missing = batch_assets(environment, "up-to-date", "--from", str(LAST), "--to", str(day_of(45)))
    assert missing.returncode == 1
    assert "2017-02-15" in missing.stderr
    assert "Traceback" not in missing.stderr

    path = write_till(Path(environment["BATCH_ASSETS_LAKE"]), day_of(45), [till_line(day_of(45))])
    path.write_bytes(path.read_bytes()[:-9])
    damaged = batch_assets(environment, "up-to-date", "--from", str(LAST), "--to", str(day_of(45)))
    path.unlink()
    assert damaged.returncode == 1
    assert f"marts.till_lines: {path}: cut off or damaged" in damaged.stderr
    assert damaged.stderr.count("\n") == 1
    needs_no_file = "features.target_calendar"
    assert [batches for batches in ledger(environment) if batches[0] != needs_no_file] == [batches for batches in published if batches[0] != needs_no_file]


def test_the_quarantine_is_the_dirt_that_was_sown_line_by_line(environment: dict[str, str]) -> None:
    warehouse = Path(environment["BATCH_ASSETS_WAREHOUSE"])
    files = [file for day in json.loads((warehouse.parent / MANIFEST).read_text())["days"].values() for file in day.values()]
    sown = [(file["file"], kind, line["line"]) for file in files for kind, lines in file["dirt"].items() for line in lines]
    to_refuse = sorted((file, refused_line(file, kind, line)) for file, kind, line in sown if kind != "late")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        refused = connection.execute("select source_file, source_line from quality.quarantine order by all").fetchall()
        rows = "select asset, sum(rows_in), sum(rows_kept), sum(rows_rejected) from quality.batches where rows_in is not null group by 1"
        counted = connection.execute(rows).fetchall()
    reading = {table.asset for table in configured_graph().tables() if table.source}
    assert {kind for _, kind, _ in sown} >= {*TILL_RATES, *CATALOGUE_RATES}
    assert refused == to_refuse
    assert sum(read for asset, read, _, _ in counted if asset in reading) == sum(file["lines"] for file in files)
    assert sum(rejected for *_, rejected in counted) == len(to_refuse)
    assert all(read == kept + rejected for _, read, kept, rejected in counted)


def refused_line(file: str, kind: str, line: int) -> int:
    """Return which line a piece of dirt makes refused: of two lines for a product or a contact, the later one holds, and a copy follows its original."""
    return line - 1 if kind == "repeated" and file.startswith(("catalogue/", "marketing/contacts/")) else line


def test_a_killed_run_leaves_whole_batches_and_no_lock(environment: dict[str, str]) -> None:
    published = ledger(environment)
    command = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize", "-m", "batch_assets.definitions", "--select", _TABLES]
    command += ["--partition-range", f"{day_of(0)}...{LAST}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr
        for line in run.stderr:
            if "ASSET_MATERIALIZATION" in line:
                break
        run.send_signal(signal.SIGKILL)
    started = time.monotonic()
    after = dagster(environment, "--select", _TABLES, "--partition", str(LAST))
    assert after.returncode == 0, after.stderr[-3000:]
    assert time.monotonic() - started < 120
    assert ledger(environment) == published


def test_forecasts_are_read_while_the_warehouse_is_written(environment: dict[str, str]) -> None:
    files = Path(environment["BATCH_ASSETS_PUBLISHED"])
    with duckdb.connect(environment["BATCH_ASSETS_WAREHOUSE"]) as writing:
        writing.begin()
        writing.execute("delete from predictions.demand_forecast")
        # It leaves without Python's farewell, in which Arrow's threads abort one process of some hundred (apache/arrow#34314).
        read = "import os, sys, pandas; print(len(pandas.read_parquet(sys.argv[1])), flush=True); os._exit(0)"
        rows = subprocess.run([sys.executable, "-c", read, str(files / "latest" / "demand_forecast.parquet")], capture_output=True, text=True, check=True)
        writing.rollback()
    assert int(rows.stdout) == len(pd.read_parquet(files / "demand_forecast" / f"{LAST}.parquet")) > 0
