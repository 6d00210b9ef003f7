"""Decisions: a clerk looks at contacts that share a mail box, and writes down on the next open day that they are not one person.

Belongs here: a day's file, and its dirt. Does not belong here: who the contacts are (`contacts.py`).
"""

import datetime as dt

from ..dirty import with_dirt
from ..manifest import Entry
from ..seeds import generator
from .contacts import Contacts

COLUMNS = ("left_source", "left_key", "right_source", "right_key", "decision", "decided_by")

RATES = {"undecided": 0.1, "unknown_department": 0.1}
"""The kinds of dirt, each with its share of the lines."""

_CLERKS = ("A. Clerk", "B. Clerk")


class Decisions:
    """The decisions of a range of days."""

    pattern = "decisions/{day}.csv"

    def __init__(self, contacts: Contacts, dirtier: float) -> None:
        """Prepare the decisions about contacts."""
        self._sharing = contacts.sharing_a_mail_box()
        self._rates = {kind: min(rate * dirtier, 1 / len(RATES)) for kind, rate in RATES.items()}

    def file(self, day: dt.date) -> tuple[bytes, Entry]:
        """Return a day's file and its manifest entry; line 1 is the header. On most days nothing was decided."""
        chance = generator("decisions", day)
        rows = [["marketing", one, "marketing", other, "not same", _CLERKS[chance.integers(len(_CLERKS))]] for one, other in self._sharing.get(day, [])]
        lines, entry = with_dirt(rows, self._rates, chance, _written, lambda row: {"left_key": row[1], "right_key": row[3]}, first=2)
        text = "".join(f"{line}\n" for line in [",".join(COLUMNS), *lines])
        return text.encode(), {"file": self.pattern.format(day=day), **entry}

    def truth(self, _day: dt.date) -> list[tuple[str, int]]:
        """Return nothing: a decision is about two households."""
        return []


def _written(row: list[str], kind: str) -> str:
    """Return a line, with one kind of dirt applied."""
    match kind:
        case "undecided":
            row = [*row[:4], "maybe", row[5]]
        case "unknown_department":
            row = ["purchasing", *row[1:]]
        case _:
            pass
    return ",".join(row)
