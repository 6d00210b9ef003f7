"""The announced coupons are those of the package, each product once, and every piece of dirt is where the manifest says."""

import datetime as dt
import gzip

from batch_assets.demo.marketing.campaigns import load_campaigns
from batch_assets.demo.marketing.coupons import COLUMNS, RATES
from batch_assets.demo.source import load

from ..conftest import HOUSEHOLDS, Lake


def test_each_coupon_that_is_not_over_is_announced_once_before_its_campaign_or_on_the_first_day(lake: Lake) -> None:
    campaigns, days = load_campaigns(load(HOUSEHOLDS)), lake.days()
    told: dict[int, list[tuple[int, int]]] = {}
    for day, entries in days.items():
        found = entries["coupons"]
        lines = gzip.decompress((lake.path / found["file"]).read_bytes()).decode().splitlines()
        assert lines[0] == ",".join(COLUMNS)
        assert len(lines) - 1 == found["lines"]
        dirt = {kind: [instance["line"] for instance in instances] for kind, instances in found["dirt"].items()}
        assert dirt.keys() == RATES.keys()
        assert [len(line.split(",")) for line in lines] == [len(COLUMNS) + (number in dirt["extra_field"]) for number in range(1, len(lines) + 1)]
        assert all(lines[number - 1] == lines[number - 2] for number in dirt["repeated"])
        assert all(lines[number - 1].split(",")[2] == "all" for number in dirt["all_products"])
        assert all(lines[number - 1].split(",")[4] == "while stocks last" for number in dirt["broken_date"])
        for number, line in enumerate(lines[1:], 2):
            if number not in dirt["repeated"]:
                of, upc, number_of_product, starts, _ends = line.split(",")[:5]
                told.setdefault(int(of), []).append((int(upc), 0 if number_of_product == "all" else int(number_of_product)))
                assert day == min(days) or day >= dt.date.fromisoformat(starts) - dt.timedelta(days=7)
    assert told
    for campaign, rows in told.items():
        expected = [(coupon, product) for (number, coupon), products in campaigns.products.items() if number == campaign for product in products]
        assert [row for row in rows if row[1]] == [pair for pair, row in zip(expected, rows, strict=True) if row[1]]
        assert len(set(expected)) == len(expected)
    running = {c.campaign_id for c in campaigns.all.values() if c.last >= min(days) and c.first - dt.timedelta(days=7) <= max(days)}
    assert told.keys() == running
