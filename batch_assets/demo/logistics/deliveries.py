"""Deliveries to households: an XML document a day, with namespaces.

Belongs here: which receipts are delivered, a day's file, and its dirt. Does not belong here: what was bought.
"""

import datetime as dt
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from ..details import details
from ..dirty import with_dirt
from ..identities import identity, typed
from ..manifest import Entry
from ..seeds import generator
from ..source import Source

RATES = {"repeated": 0.003, "no_street": 0.002, "broken_phone": 0.002, "local_time": 0.002, "unknown_element": 0.001}
"""The kinds of dirt, each with its share of the records."""

CUSTOMERS, LARGE, DELIVERED = 0.4, 60, 0.5
"""The share of households that have something delivered, from how many dollars on, and the share of such receipts."""

WITH_RECEIPT = 0.6
"""The share of deliveries on which the receipt's number is noted."""

NAMESPACES = {"": "urn:example:logistics:deliveries:1", "party": "urn:example:party:2"}
_LEVEL = 5


@dataclass(frozen=True)
class Delivery:
    """One delivery to a household."""

    number: int
    at: str
    household: int
    name: str
    store: int
    receipt: int | None


class Deliveries:
    """The deliveries of a range of days."""

    pattern = "logistics/deliveries/{day}.xml.gz"

    def __init__(self, source: Source, dirtier: float) -> None:
        """Draw the households that have something delivered."""
        self._source = source
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        households = sorted(source.lines["household_id"].unique().to_pylist())
        self._customers = {number for number in households if np.random.default_rng([number, 15]).random() < CUSTOMERS}

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; the position of a record is its number below the root."""
        chance = generator("delivery dirt", day)
        texts, entry = with_dirt(self._of(day), self._rates, chance, _written, lambda delivery: {"delivery_no": delivery.number})
        names = " ".join(f"xmlns{':' * bool(prefix)}{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Deliveries {names} day="{day}">\n{"".join(texts)}</Deliveries>\n'
        return gzip.compress(text.encode(), _LEVEL, mtime=0), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return the number of each delivery of a day, and its household."""
        return [(str(delivery.number), delivery.household) for delivery in self._of(day)]

    def _of(self, day: dt.date) -> list[Delivery]:
        """Return the deliveries of a day: large receipts of some households, two hours after they were printed."""
        chance, sales = generator("deliveries", day), self._source.sales(day)
        receipts = sales.group_by(["receipt_id", "household_id", "store_id", "sold_at"], use_threads=False).aggregate([("sales_value", "sum")]).to_pylist()
        drawn = zip(receipts, chance.random((len(receipts), 2)).tolist(), strict=True)
        large = [(row, notes) for row, (goes, notes) in drawn if goes < DELIVERED and self._goes_home(row)]
        households = [row["household_id"] for row, _ in large]
        names, _ = typed(households, chance)
        return [
            Delivery(
                int(f"{day:%y%j}{place:04}"),
                f"{row['sold_at'] + dt.timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}",
                row["household_id"],
                # A driver needs a name: where a cashier would type none, there is that of the account.
                name or f"{identity(row['household_id']).first} {identity(row['household_id']).last}",
                row["store_id"],
                row["receipt_id"] if notes < WITH_RECEIPT else None,
            )
            for place, ((row, notes), name) in enumerate(zip(large, names, strict=True), 1)
        ]

    def _goes_home(self, receipt: Mapping[str, object]) -> bool:
        return receipt["household_id"] in self._customers and float(str(receipt["sales_value_sum"])) >= LARGE


def _written(delivery: Delivery, kind: str) -> str:
    """Return the XML of a record, with one kind of dirt applied."""
    told = details(delivery.household)
    street = "" if kind == "no_street" else f"<party:Street>{escape(told.street)}</party:Street>"
    phone = "see above" if kind == "broken_phone" else told.phone
    at = delivery.at.removesuffix("Z") if kind == "local_time" else delivery.at
    receipt = f"<Receipt>{delivery.receipt}</Receipt>" if delivery.receipt else ""
    odd = "<Signature/>" if kind == "unknown_element" else ""
    return (
        f' <Delivery number="{delivery.number}"><DeliveredAt>{at}</DeliveredAt><Store>{delivery.store}</Store>{receipt}{odd}\n'
        f"  <Recipient><party:Name>{escape(delivery.name)}</party:Name><party:Phone>{phone}</party:Phone><party:Address>{street}"
        f"<party:Postcode>{identity(delivery.household).postcode}</party:Postcode><party:City>{escape(told.city)}</party:City></party:Address></Recipient>\n"
        " </Delivery>\n"
    )
