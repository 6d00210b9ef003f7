"""Marketing's contacts: who registered when, and what changed later; a JSON document a day with what is new.

Belongs here: a day's file, and its dirt. Does not belong here: the people (`identities.py` and `details.py` of the demo).
"""

import datetime as dt
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from itertools import pairwise

import numpy as np

from ..details import contact_id, details
from ..dirty import with_dirt
from ..identities import identity
from ..manifest import Entry
from ..seeds import generator
from ..source import Source
from .campaigns import Campaigns

RATES = {"repeated": 0.005, "broken_email": 0.005, "no_email": 0.003, "broken_birth_year": 0.003, "broken_json": 0.002}
"""The kinds of dirt, each with its share of the records."""

CHANGED = 0.15
"""The share of contacts of which something changes in the year."""

_MOST_DAYS_BEFORE = 60
"""A contact registered at most this many days before the first campaign that it was in."""
_LOWER_CASE, _SHORT, _NO_BIRTH_YEAR, _NO_POSTCODE, _MOVED = 0.10, 0.05, 0.10, 0.05, 0.4


@dataclass(frozen=True)
class Contact:
    """What marketing knows of a person."""

    contact_id: str
    name: str
    email: str
    birth_year: int | None
    postcode: str | None


class Contacts:
    """The contacts of a range of days."""

    pattern = "marketing/contacts/{day}.json"

    def __init__(self, source: Source, campaigns: Campaigns, first: dt.date, dirtier: float) -> None:
        """Draw the year's contacts; the file of the day `first` has all that are registered by then, as they are then."""
        self._calendar, self._first = source.calendar, first
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._told: dict[dt.date, dict[int, Contact]] = defaultdict(dict)
        starts: dict[int, dt.date] = {}
        for campaign in sorted(campaigns.all.values(), key=lambda campaign: campaign.first):
            for household in campaign.households:
                starts.setdefault(household, campaign.first)
        for household in sorted(starts):
            self._draw(household, starts[household])

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; the position of a record is its number in the array."""
        told = sorted(self._known_on(day).values(), key=lambda contact: contact.contact_id)
        texts, entry = with_dirt(told, self._rates, generator("contact dirt", day), _written, lambda contact: {"contact_id": contact.contact_id})
        head = f'{{"exported_at": "{day + dt.timedelta(days=1)}T05:00:00Z", "contacts": ['
        text = head + ",".join(f"\n  {record}" for record in texts) + "\n]}\n"
        return text.encode(), {"file": self.pattern.format(day=day), **entry}

    def truth(self, day: dt.date) -> list[tuple[str, int]]:
        """Return the number of each contact in a day's file, and its household."""
        return [(contact.contact_id, household) for household, contact in self._known_on(day).items()]

    def sharing_a_mail_box(self) -> dict[dt.date, list[tuple[str, str]]]:
        """Return the pairs of contacts with one email address, by the open day after that on which the later one told it."""
        users: dict[str, list[str]] = defaultdict(list)
        pairs: dict[dt.date, list[tuple[str, str]]] = defaultdict(list)
        for day, after in pairwise(self._calendar):
            for contact in sorted(self._told[day].values(), key=lambda contact: contact.contact_id):
                others = [other for other in users[contact.email] if other != contact.contact_id]
                pairs[after] += [(other, contact.contact_id) for other in others]
                users[contact.email] = [*others, contact.contact_id]
        return pairs

    def _known_on(self, day: dt.date) -> dict[int, Contact]:
        """Return what a day's file has, by household."""
        if day != self._first:
            return self._told[day]
        known: dict[int, Contact] = {}
        for before in self._calendar[: self._calendar.index(day) + 1]:
            known |= self._told[before]
        return known

    def _draw(self, household: int, start: dt.date) -> None:
        """Draw when a household registers, and what changes later."""
        chance = np.random.default_rng([household, 14])
        contact = _registered(household, chance)
        at = self._open_on(start - dt.timedelta(days=int(chance.integers(1, _MOST_DAYS_BEFORE + 1))))
        self._told[self._calendar[at]][household] = contact
        if chance.random() < CHANGED and at + 1 < len(self._calendar):
            later = self._calendar[int(chance.integers(at + 1, len(self._calendar)))]
            moved, postcode = chance.random() < _MOVED, f"{chance.integers(500, 99951):05}"
            self._told[later][household] = replace(contact, postcode=postcode) if moved else replace(contact, email=details(household).second_email)

    def _open_on(self, day: dt.date) -> int:
        """Return the index of the first open day from a day on."""
        return min(int(np.searchsorted(np.array(self._calendar, "datetime64[D]"), np.datetime64(day))), len(self._calendar) - 1)


def _registered(household: int, chance: np.random.Generator) -> Contact:
    """Return a contact as the person registered: most names are whole, some are typed carelessly."""
    person, told = identity(household), details(household)
    way, no_year, no_postcode = chance.random(3).tolist()
    name = f"{person.first} {person.last}"
    if way < _LOWER_CASE:
        name = name.lower()
    elif way < _LOWER_CASE + _SHORT:
        name = f"{person.first} {person.last[0]}."
    year, postcode = None if no_year < _NO_BIRTH_YEAR else told.birth_year, None if no_postcode < _NO_POSTCODE else person.postcode
    return Contact(contact_id(household), name, told.email, year, postcode)


def _written(contact: Contact, kind: str) -> str:
    """Return the JSON of a record, with one kind of dirt applied."""
    members = asdict(contact)
    match kind:
        case "broken_email":
            members["email"] = contact.email.replace("@", "(at)")
        case "no_email":
            del members["email"]
        case "broken_birth_year":
            members["birth_year"] = (contact.birth_year or 0) % 100
        case "broken_json":
            return json.dumps(members, ensure_ascii=False).replace('"birth_year": ', '"birth_year": O')
        case _:
            pass
    return json.dumps(members, ensure_ascii=False)
