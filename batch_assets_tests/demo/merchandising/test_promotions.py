"""The plan is of the source's mailers, known before its week begins, and what the server offers is what the demo's lake has."""

import datetime as dt
import gzip
import json
import threading
from pathlib import Path

import pytest

from batch_assets.demo.merchandising.promotions import RATES, Promotions
from batch_assets.demo.merchandising.server import serve
from batch_assets.demo.source import load
from batch_assets.landing.api import Api
from batch_assets.landing.fetch import land, session

from ..conftest import DIRTIER, FIRST, HOUSEHOLDS, Lake


@pytest.fixture(scope="module")
def plan() -> Promotions:
    """The plan of the small lake."""
    return Promotions(load(HOUSEHOLDS), FIRST, DIRTIER)


def test_a_promotion_is_announced_before_its_week_or_on_its_monday(lake: Lake) -> None:
    total = 0
    for day, entries in lake.days().items():
        entry = entries["promotions"]
        records = json.loads(gzip.decompress((lake.path / entry["file"]).read_bytes()))["promotions"]
        assert len(records) == entry["lines"]
        assert entry["dirt"].keys() == RATES.keys()
        broken = {instance["line"] for instance in entry["dirt"]["broken_date"]}
        for number, record in enumerate(records, 1):
            assert (record["starts_on"] == "next week") == (number in broken)
            assert record["ends_on"] >= str(day)
            # Christmas Day was a Monday, and the store was closed.
            assert number in broken or day == FIRST or dt.date.fromisoformat(record["starts_on"]) - day in {dt.timedelta(days=n) for n in (5, 0, -1)}
        total += len(records)
    assert total


def test_what_is_landed_from_the_server_is_what_the_lake_has(lake: Lake, plan: Promotions, tmp_path: Path) -> None:
    day = FIRST
    with serve(lambda asked: plan.records(asked)[0], port=0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{running.server_address[1]}/promotions"
        with session() as using:
            assert land(Api("promotions", plan.pattern, "promotions", lambda: address), tmp_path, day, using)
        running.shutdown()
        thread.join()
    mine, theirs = (json.loads(gzip.decompress((root / plan.pattern.format(day=day)).read_bytes())) for root in (tmp_path, lake.path))
    assert mine["promotions"] == theirs["promotions"] != []
    assert [page["etag"] for page in mine["landed"]["pages"]] == [page["etag"] for page in theirs["landed"]["pages"]]
