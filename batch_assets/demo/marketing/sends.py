"""What marketing sent to its contacts: letters and emails of a campaign, in waves; a JSON object a line.

Belongs here: when a campaign's waves are sent, a day's file, and its dirt. Does not belong here: whom a campaign is for (`campaigns.py`).
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ..details import contact_id
from ..dirty import with_dirt
from ..manifest import Entry
from ..seeds import generator
from ..source import Source
from .campaigns import Campaign, Campaigns

RATES = {"repeated": 0.003, "broken_json": 0.001, "no_contact": 0.001, "local_time": 0.001}
"""The kinds of dirt, each with its share of the lines."""

WAVES = {
    "Type A": ((0, "letter"), (7, "email"), (21, "email")),
    "Type B": ((0, "email"), (14, "email")),
    "Type C": ((0, "email"), (28, "email"), (56, "email")),
}
"""When what is sent for a kind of campaign: days after its start, and the channel."""

_BEGIN = dt.timedelta(hours=14)
"""The time of day, in UTC, at which the sending begins."""


@dataclass(frozen=True)
class Send:
    """One message to one contact."""

    send_id: int
    contact_id: str
    campaign_id: int
    channel: str
    sent_at: str


class Sends:
    """What is sent on a range of days."""

    pattern = "marketing/sends/{day}.jsonl"

    def __init__(self, source: Source, campaigns: Campaigns, dirtier: float) -> None:
        """Plan the year's waves; those of days before the calendar's first are not in the lake."""
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._waves: dict[dt.date, list[tuple[Campaign, int, str]]] = defaultdict(list)
        for campaign in campaigns.all.values():
            for number, (after, channel) in enumerate(WAVES[campaign.kind]):
                if (day := _open_day(source.calendar, campaign.first + dt.timedelta(days=after))) and day <= campaign.last:
                    self._waves[day].append((campaign, number, channel))

    def of(self, day: dt.date) -> list[tuple[Send, int]]:
        """Return what is sent on a day, each with its household, in the order of sending."""
        told: list[tuple[Send, int]] = []
        for campaign, wave, channel in self._waves[day]:
            for place, household in enumerate(sorted(campaign.households, key=contact_id)):
                at = dt.datetime.combine(day, dt.time.min) + _BEGIN + dt.timedelta(seconds=len(told))
                number = campaign.campaign_id * 100_000 + wave * 10_000 + place
                told.append((Send(number, contact_id(household), campaign.campaign_id, channel, f"{at.isoformat()}Z"), household))
        return told

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; line numbers start at 1."""
        sends = [send for send, _ in self.of(day)]
        lines, entry = with_dirt(sends, self._rates, generator("send dirt", day), _written, lambda send: {"send_id": send.send_id})
        return "".join(f"{line}\n" for line in lines).encode(), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return nothing: a message names its contact, and whose contact that is is known from the contacts."""
        return []


def _open_day(calendar: Sequence[dt.date], day: dt.date) -> dt.date | None:
    """Return the first open day from a day on; None for a day outside the calendar."""
    at = int(np.searchsorted(np.array(calendar, "datetime64[D]"), np.datetime64(day)))
    return calendar[at] if day >= calendar[0] and at < len(calendar) else None


def _written(send: Send, kind: str) -> str:
    """Return a line, with one kind of dirt applied."""
    members = asdict(send)
    match kind:
        case "no_contact":
            members["contact_id"] = None
        case "local_time":
            members["sent_at"] = send.sent_at.removesuffix("Z")
        case _:
            pass
    line = json.dumps(members)
    return line[: len(line) // 2] if kind == "broken_json" else line
