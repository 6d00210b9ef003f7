"""The coupons of the campaigns: which products each is for, and how long it is valid; a CSV file a day with what is announced.

Belongs here: when a campaign is announced, a day's file, and its dirt. Does not belong here: the campaigns themselves (`campaigns.py`).
"""

import datetime as dt
import gzip
from collections import defaultdict

import numpy as np

from ..dirty import with_dirt
from ..manifest import Entry
from ..seeds import generator
from ..source import Source
from .campaigns import Campaign, Campaigns

COLUMNS = ("campaign_id", "coupon_upc", "product_id", "starts_on", "ends_on")

RATES = {"repeated": 0.0005, "all_products": 0.0002, "broken_date": 0.0002, "extra_field": 0.0002}
"""The kinds of dirt, each with its share of the lines."""

_AHEAD = dt.timedelta(days=7)
"""How long before its first day a campaign is announced."""
_LEVEL = 5


class Coupons:
    """The coupons that are announced on a range of days."""

    pattern = "marketing/coupons/{day}.csv.gz"

    def __init__(self, source: Source, campaigns: Campaigns, first: dt.date, dirtier: float) -> None:
        """Plan the announcements; the file of the day `first` has all that are announced by then and not over."""
        self._products = campaigns.products
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._announced: dict[dt.date, list[Campaign]] = defaultdict(list)
        calendar = np.array(source.calendar, "datetime64[D]")
        for campaign in campaigns.all.values():
            at = int(np.searchsorted(calendar, np.datetime64(max(first, campaign.first - _AHEAD))))
            if campaign.last >= first and at < len(calendar):
                self._announced[source.calendar[at]].append(campaign)

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; line 1 is the header."""
        rows = [row for campaign in self._announced[day] for row in self._rows(campaign)]
        key = ("campaign_id", "coupon_upc", "product_id")
        lines, entry = with_dirt(rows, self._rates, generator("coupons", day), _written, lambda row: {name: row[name] for name in key}, first=2)
        text = "".join(f"{line}\n" for line in [",".join(COLUMNS), *lines])
        return gzip.compress(text.encode(), _LEVEL, mtime=0), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return nothing: a coupon is of no household until it is redeemed."""
        return []

    def _rows(self, campaign: Campaign) -> list[dict[str, str]]:
        validity = {"starts_on": str(campaign.first), "ends_on": str(campaign.last)}
        return [
            {"campaign_id": str(campaign.campaign_id), "coupon_upc": str(coupon), "product_id": str(product), **validity}
            for (of, coupon), products in self._products.items()
            if of == campaign.campaign_id
            for product in products
        ]


def _written(row: dict[str, str], kind: str) -> str:
    """Return a line, with one kind of dirt applied."""
    match kind:
        case "all_products":
            row = row | {"product_id": "all"}
        case "broken_date":
            row = row | {"ends_on": "while stocks last"}
        case "extra_field":
            row = row | {"": ""}
        case _:
            pass
    return ",".join(row.values())
