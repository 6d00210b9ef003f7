"""The departments whose files are written as they are, beside the till log and the catalogue.

Belongs here: which ones there are. Does not belong here: what is in their files, and how files are written (`builder.py`).
"""

import datetime as dt
from typing import Protocol

from .customers.reviews import Reviews
from .logistics.deliveries import Deliveries
from .manifest import Entry
from .marketing.campaigns import load_campaigns
from .marketing.contacts import Contacts
from .marketing.coupons import Coupons
from .marketing.decisions import Decisions
from .marketing.redemptions import Redemptions
from .marketing.sends import Sends
from .merchandising.promotions import Promotions
from .source import Source
from .web.access_log import AccessLog


class Department(Protocol):
    """What a department delivers: one file a day.

    Attributes:
        pattern: the path of a day's file in the lake, with `{day}` for the date.
    """

    pattern: str

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return the bytes of a day's file, and its manifest entry."""
        ...

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return what identifies the records of a day's file that are about a household, each with the household."""
        ...


PATTERNS = {
    "contacts": Contacts.pattern,
    "sends": Sends.pattern,
    "coupons": Coupons.pattern,
    "redemptions": Redemptions.pattern,
    "deliveries": Deliveries.pattern,
    "access": AccessLog.pattern,
    "promotions": Promotions.pattern,
    "reviews": Reviews.pattern,
    "decisions": Decisions.pattern,
}
"""The names of the departments' files, with their paths."""


def departments(source: Source, first: dt.date, dirtier: float) -> dict[str, Department]:
    """Return the departments by the names of `PATTERNS`; `first` is the day whose files have all that is known by then."""
    campaigns = load_campaigns(source)
    sends, contacts = Sends(source, campaigns, dirtier), Contacts(source, campaigns, first, dirtier)
    return {
        "contacts": contacts,
        "sends": sends,
        "coupons": Coupons(source, campaigns, first, dirtier),
        "redemptions": Redemptions(source, campaigns, dirtier),
        "deliveries": Deliveries(source, dirtier),
        "access": AccessLog(source, campaigns, sends, dirtier),
        "promotions": Promotions(source, first, dirtier),
        "reviews": Reviews(source, dirtier),
        "decisions": Decisions(contacts, dirtier),
    }
