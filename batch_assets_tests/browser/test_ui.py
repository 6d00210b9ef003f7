"""Two days of a small lake are published by Dagster's command line, and found again in its UI by what they hold."""

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

from batch_assets.table.layers import sources, tables
from batch_assets_tests.lake_writer import day_of, product, till_line, write_day

from .ui import Browser, browser, webserver

DAYS = [day_of(0), day_of(1)]
LINES = 7
MARTS = "marts/sales_lines,marts/products"
QUIET = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


@dataclass(frozen=True)
class Place:
    """A Dagster that serves its UI, and the warehouse that it filled."""

    address: str
    warehouse: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two published days of the first marts, and the UI that shows them."""
    root = tmp_path_factory.mktemp("ui")
    home = root / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(QUIET)
    for day in DAYS:
        lines = [till_line(day, line_no=str(n)) for n in range(1, LINES + 1)]
        write_day(root / "lake", day, [*lines, till_line(day, quantity="many")], [product()])
    environment = {
        "DAGSTER_HOME": str(home),
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
def page() -> Iterator[Browser]:
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
    page.expand_all_groups(*(source.name for source in sources()), *(table.name for table in tables()))


def test_a_published_day_shows_its_rows_and_the_hash_of_its_content(place: Place, page: Browser) -> None:
    with duckdb.connect(str(place.warehouse), read_only=True) as con:
        found = con.execute("select content from quality.batches where asset = 'marts.sales_lines' and batch_date = ?", [DAYS[-1]]).fetchall()
    page.open(f"{place.address}/assets/marts/sales_lines?view=partitions&partition={DAYS[-1]}")
    page.wait_for(f"{DAYS[-1]}\nMaterialized", f"dagster/row_count\n{LINES}", "quarantined\n1", f"content\n{found[0][0]}")


def test_a_day_that_was_not_published_says_so(place: Place, page: Browser) -> None:
    page.open(f"{place.address}/assets/marts/sales_lines?view=partitions&partition={day_of(2)}")
    page.wait_for(f"{day_of(2)}\nLatest materialization\nNone", "No metadata entries")


def test_the_overview_shows_what_a_table_is_and_what_its_columns_mean(place: Place, page: Browser) -> None:
    (table,) = [table for table in tables() if table.name == "sales_lines"]
    page.open(f"{place.address}/assets/marts/sales_lines")
    page.wait_for(table.description, *(f"{name}\n" for name in table.contract.columns()), table.contract.columns()["quantity"].description)


def test_the_contract_shows_as_a_passed_check(place: Place, page: Browser) -> None:
    page.open(f"{place.address}/assets/marts/sales_lines?view=checks")
    page.wait_for("contract\nSucceeded", "This is a blocking asset check.", f"batches {DAYS[0]}..{DAYS[-1]}", f"rows {LINES * len(DAYS)}")
