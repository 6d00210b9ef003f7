"""Redeemed coupons, as the clearing house lists them: semicolons, decimal commas, Latin-1.

Belongs here: a day's file, its manifest entry, and the dirt in its lines. Does not belong here: which coupons were redeemed (`campaigns.py`).
"""

import datetime as dt
import zlib
from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from ..details import contact_id
from ..dirty import with_dirt
from ..identities import typed
from ..manifest import Entry
from ..seeds import generator
from ..source import Source
from .campaigns import Campaigns, Redemption

COLUMNS = ("voucher_no", "redeemed_on", "store_id", "campaign_id", "coupon_upc", "contact_id", "name", "value")

RATES = {"repeated": 0.01, "decimal_point": 0.01, "broken_date": 0.005, "extra_field": 0.005}
"""The kinds of dirt, each with its share of the lines."""

WITHOUT_CONTACT = 0.2
"""The share of coupons from which the number of the contact was torn off."""


class Redemptions:
    """The redemptions of a range of days."""

    pattern = "marketing/redemptions/{day}.csv"

    def __init__(self, source: Source, campaigns: Campaigns, dirtier: float) -> None:
        """Prepare the redemptions."""
        self._source, self._campaigns = source, campaigns
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; line 1 is the header."""
        chance, redeemed = generator("redemptions", day), self._campaigns.redemptions.get(day, [])
        rows = [] if not redeemed else self._rows(day, redeemed, chance)
        lines, entry = with_dirt(rows, self._rates, chance, _written, lambda row: {"voucher_no": row["voucher_no"]}, first=2)
        text = "".join(f"{line}\n" for line in [";".join(COLUMNS), *lines])
        return text.encode("latin-1"), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return the number of each voucher of a day, and its household."""
        return [(voucher_no(redemption), redemption.household_id) for redemption in self._campaigns.redemptions.get(day, [])]

    def _rows(self, day: dt.date, redeemed: Sequence[Redemption], chance: np.random.Generator) -> list[dict[str, str]]:
        sales = self._source.sales(day)
        names, _ = typed([redemption.household_id for redemption in redeemed], chance)
        torn_off = (chance.random(len(redeemed)) < WITHOUT_CONTACT).tolist()
        return [
            {
                "voucher_no": voucher_no(redemption),
                "redeemed_on": f"{day:%d.%m.%Y}",
                **self._at_the_till(sales.filter(pc.field("household_id") == redemption.household_id).to_pylist(), redemption),
                "campaign_id": str(redemption.campaign_id),
                "coupon_upc": str(redemption.coupon_upc),
                "contact_id": "" if is_torn else contact_id(redemption.household_id),
                "name": name,
            }
            for redemption, name, is_torn in zip(redeemed, names, torn_off, strict=True)
        ]

    def _at_the_till(self, bought: list[dict[str, object]], redemption: Redemption) -> dict[str, str]:
        """Return the store, and what the till took off for the coupon; blank if the household bought none of its products that day."""
        products = set(self._campaigns.products[redemption.campaign_id, redemption.coupon_upc])
        lines = [line for line in bought if line["product_id"] in products]
        cents = sum(round(100 * float(str(line["coupon_disc"]))) for line in lines)
        store = (lines or bought)[0]["store_id"]
        return {"store_id": str(store), "value": f"{cents // 100},{cents % 100:02}" if cents else ""}


def voucher_no(redemption: Redemption) -> str:
    """Return the number under which a redeemed coupon was cleared; it says nothing about the household."""
    told = f"{redemption.household_id} {redemption.coupon_upc} {redemption.campaign_id} {redemption.day}"
    return f"{redemption.day:%y%j}{zlib.crc32(told.encode()):010}"


def _written(row: dict[str, str], kind: str) -> str:
    """Return a line, with one kind of dirt applied."""
    match kind:
        case "decimal_point":
            row = row | {"value": row["value"].replace(",", ".") or "n/a"}
        case "broken_date":
            row = row | {"redeemed_on": f"31.02.{row['redeemed_on'][-4:]}"}
        case "extra_field":
            row = row | {"": ""}
        case _:
            pass
    return ";".join(row[name] for name in [*COLUMNS, *([""] if kind == "extra_field" else [])])
