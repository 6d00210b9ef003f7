"""Redeemed coupons are those of the package, and every piece of dirt is where the manifest says."""

from batch_assets.demo.marketing.campaigns import load_campaigns
from batch_assets.demo.marketing.redemptions import COLUMNS, RATES
from batch_assets.demo.source import load

from ..conftest import HOUSEHOLDS, Lake


def test_each_redemption_is_in_the_file_of_its_day(lake: Lake) -> None:
    campaigns = load_campaigns(load(HOUSEHOLDS))
    total = 0
    for day, entries in lake.days().items():
        lines = (lake.path / entries["redemptions"]["file"]).read_bytes().decode("latin-1").splitlines()
        assert lines[0] == ";".join(COLUMNS)
        dirt = {kind: [found["line"] for found in told] for kind, told in entries["redemptions"]["dirt"].items()}
        cells = [line.split(";") for number, line in enumerate(lines[1:], 2) if number not in dirt["repeated"]]
        assert [(row[3], row[4]) for row in cells] == [(str(r.campaign_id), str(r.coupon_upc)) for r in campaigns.redemptions.get(day, [])]
        assert [len(line.split(";")) for line in lines] == [len(COLUMNS) + (number in dirt["extra_field"]) for number in range(1, len(lines) + 1)]
        for number in dirt["repeated"]:
            assert lines[number - 1] == lines[number - 2]
        assert all(lines[number - 1].split(";")[1].startswith("31.02.") for number in dirt["broken_date"])
        assert all("," not in lines[number - 1].split(";")[7] for number in dirt["decimal_point"])
        assert len(lines) - 1 == entries["redemptions"]["lines"]
        total += len(lines) - 1
    assert total
    assert {kind for entries in lake.days().values() for kind in entries["redemptions"]["dirt"]} == set(RATES)


def test_nothing_in_a_file_says_which_household_it_was(lake: Lake) -> None:
    campaigns = load_campaigns(load(HOUSEHOLDS))
    for day, entries in lake.days().items():
        households = {str(r.household_id) for r in campaigns.redemptions.get(day, [])}
        cells = {cell for line in (lake.path / entries["redemptions"]["file"]).read_bytes().splitlines()[1:] for cell in line.decode("latin-1").split(";")[5:]}
        assert not households & cells
