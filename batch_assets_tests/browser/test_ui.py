"""Two days of the tests' own shop are published by Dagster's command line, and found again in its UI by what they hold."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from batch_assets.table.graph import Graph
from batch_assets_tests.shop_lake import day_of, write_day

from .ui import Browser, browser, webserver

SHOP = Graph("batch_assets_tests.shop")
DAYS = [day_of(0), day_of(1)]
LINES = 7
MARTS = "marts/shelf_counts,marts/shelf_kinds"
QUIET = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


@dataclass(frozen=True)
class Place:
    """A Dagster that serves its UI, and the warehouse that it filled."""

    address: str
    warehouse: Path


@pytest.fixture(scope="module")
def place(chromium: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two published days of the first marts, and the UI that shows them."""
    root = tmp_path_factory.mktemp("ui")
    home = root / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(QUIET)
    for day in DAYS:
        write_day(root / "lake", day, [*(f"{shelf},10,all good" for shelf in range(1, LINES + 1)), "8,many,"])
    environment = {
        "DAGSTER_HOME": str(home),
        "BATCH_ASSETS_GRAPH": SHOP.layers.package,
        "BATCH_ASSETS_LAKE": str(root / "lake"),
        "BATCH_ASSETS_WAREHOUSE": str(root / "warehouse.duckdb"),
        "BATCH_ASSETS_PUBLISHED": str(root / "published"),
        "BATCH_ASSETS_MODELS": str(root / "models"),
    }
    make_storage(home)
    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(publish, environment)
        with webserver(environment) as address:
            published.result()
            yield Place(address, root / "warehouse.duckdb")


@pytest.fixture(scope="module")
def page(chromium: None) -> Iterator[Browser]:
    """A browser without a past."""
    with browser() as one:
        yield one


def make_storage(home: Path) -> None:
    """Make Dagster's storage: two processes that find none would both try to."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert not instance.get_runs()
        assert not instance.get_asset_keys()
        assert not instance.all_instigator_state()


def publish(environment: dict[str, str]) -> None:
    """Publish the days as a person would, in a terminal."""
    options = ["--select", MARTS, "--partition-range", f"{DAYS[0]}...{DAYS[-1]}", "--module-name", "batch_assets.definitions"]
    command = [sys.executable, "-m", "dagster", "asset", "materialize", *options]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_graph_shows_every_source_and_table(place: Place, page: Browser) -> None:
    page.open(f"{place.address}/asset-groups")
    page.expand_all_groups(*(source.name for source in SHOP.sources()), *(table.name for table in SHOP.tables()))


def test_a_published_day_shows_its_rows_and_the_hash_of_its_content(place: Place, page: Browser) -> None:
    with duckdb.connect(str(place.warehouse), read_only=True) as con:
        found = con.execute("select content from quality.batches where asset = 'marts.shelf_counts' and batch_date = ?", [DAYS[-1]]).fetchall()
    page.open(f"{place.address}/assets/marts/shelf_counts?view=partitions&partition={DAYS[-1]}")
    page.wait_for(f"{DAYS[-1]}\nMaterialized", f"dagster/row_count\n{LINES}", "quarantined\n1", f"content\n{found[0][0]}")


def test_a_day_that_was_not_published_says_so(place: Place, page: Browser) -> None:
    page.open(f"{place.address}/assets/marts/shelf_counts?view=partitions&partition={day_of(2)}")
    page.wait_for(f"{day_of(2)}\nLatest materialization\nNone", "No metadata entries")


def test_the_overview_shows_what_a_table_is_and_what_its_columns_mean(place: Place, page: Browser) -> None:
    table = SHOP.table("shelf_counts")
    page.open(f"{place.address}/assets/marts/shelf_counts")
    page.wait_for(table.description, *(f"{name}\n" for name in table.contract.columns()), table.contract.columns()["pieces"].description)


def test_the_contract_shows_as_a_passed_check(place: Place, page: Browser) -> None:
    page.open(f"{place.address}/assets/marts/shelf_counts?view=checks")
    page.wait_for("contract\nSucceeded", "This is a blocking asset check.", f"batches {DAYS[0]}..{DAYS[-1]}", f"rows {LINES * len(DAYS)}")
