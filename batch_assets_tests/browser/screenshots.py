"""Takes the pictures in docs of Dagster's UI: `python -m batch_assets_tests.browser.screenshots`, on the demo's DAGSTER_HOME and warehouse."""

import base64
import datetime as dt
import re
import sys
from pathlib import Path

import dagster as dg

from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.reporting.preview import preview
from batch_assets.table.graph import configured_graph

from .ui import Browser, browser, webserver

DOCS = Path(__file__).parents[2] / "docs"
FORECAST = "predictions/demand_forecast"
SALES = "marts/category_day_sales"


def main() -> int:
    """Save all pictures; return 0, or 1 if there is nothing to take a picture of."""
    latest = _latest_day(FORECAST)
    if latest is None:
        print(f"There is no {FORECAST} in this DAGSTER_HOME to take a picture of: run make demo first.", file=sys.stderr)
        return 1
    DOCS.mkdir(exist_ok=True)
    with webserver({}) as address, browser() as page:
        page.open(address)
        page.click("Hide navigation")
        _graph(page, address)
        _forecast(page, address, latest)
        _partitions(page, address, latest)
    _campaigns(latest)
    return 0


def _latest_day(asset: str) -> dt.date | None:
    with dg.DagsterInstance.get() as instance:
        days = instance.get_materialized_partitions(dg.AssetKey.from_user_string(asset))
    return max(map(dt.date.fromisoformat, days), default=None)


def _graph(page: Browser, address: str) -> None:
    """Save what one prediction is made from, back to the raw files: the boxes of the whole graph could not be read in one picture.

    On a larger page Dagster writes more into each box, in smaller letters.
    """
    page.resize(2020, 1400)
    page.open(f"{address}/assets/{FORECAST}?view=lineage&lineageScope=upstream&lineageDepth=99")
    tables = configured_graph().with_upstreams([FORECAST.split("/")[1]])
    page.wait_for(*(table.name for table in tables), *(table.source.name for table in tables if table.source))
    page.settle()
    page.save_drawn(DOCS / "graph.png")
    print("docs/graph.png")


def _forecast(page: Browser, address: str, day: dt.date) -> None:
    page.resize(1300, 820)
    page.open(f"{address}/assets/{FORECAST}?view=partitions&partition={day}")
    page.wait_for(f"{day}\nMaterialized", "dagster/row_count")
    page.click("[Show Markdown]")
    page.wait_for_picture()
    _save(page, "forecast")


def _partitions(page: Browser, address: str, day: dt.date) -> None:
    page.resize(1300, 820)
    page.open(f"{address}/assets/{SALES}?view=partitions&partition={day}")
    page.wait_for(f"{day}\nMaterialized", "dagster/row_count")
    _save(page, "partitions")


def _campaigns(day: dt.date) -> None:
    """Save the chart of the campaigns as the UI shows it, which is an image by itself."""
    table = configured_graph().table("campaign_report")
    drawn = preview(table, WarehouseResource().warehouse, day)["campaigns_so_far"]
    (image,) = re.findall(r"base64,([^)]+)\)", drawn)
    (DOCS / "campaigns.svg").write_bytes(base64.b64decode(image))
    print("docs/campaigns.svg")


def _save(page: Browser, name: str) -> None:
    page.settle()
    page.save(DOCS / f"{name}.png")
    print(f"docs/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
