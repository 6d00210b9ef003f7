"""The customers that follow from links: records that links connect, directly or through others, as of each day.

A customer's number is made of its earliest record, so it stays the same when records come to it, and when two customers turn out to be
one, the older number is kept. Two records of which a person said that they are not one customer are kept apart, however many
links lead from one to the other: links are then taken by strength, and one that would bring the two together is left out.
"""

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

_DIGITS = 15
"""Hexadecimal digits of a hash, as many as fit into a number of 63 bits."""

Record = tuple[str, str]
"""Department and key."""

NEW, MERGED, DIVIDED = "new", "merged", "divided"
"""Why a record has a customer, or another one."""


class Change(NamedTuple):
    """What becomes of a record: the customer that it was of, None if it is new; the one that it is of; and why."""

    was: int | None
    now: int
    why: str


@dataclass(frozen=True)
class Day:
    """What becomes known on a day.

    Attributes:
        records: those that are new.
        links: pairs that are one customer, the strongest first.
        apart: pairs of which a person says that they are not.
        together: pairs of which a person says that they are, whatever was said before.
    """

    records: list[Record] = field(default_factory=list)
    links: list[tuple[Record, Record]] = field(default_factory=list)
    apart: list[tuple[Record, Record]] = field(default_factory=list)
    together: list[tuple[Record, Record]] = field(default_factory=list)


@dataclass
class _Customer:
    """Records that are one customer, the earliest first, and the links between them, each with its place in the order in which links count."""

    records: list[Record]
    links: list[tuple[int, Record, Record]] = field(default_factory=list)


class Customers:
    """Who is whom, from the first day on."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._customer: dict[Record, _Customer] = {}
        self._place: dict[Record, int] = {}
        self._apart: dict[Record, set[Record]] = {}
        self._links = 0

    def after(self, day: Day) -> dict[Record, Change]:
        """Take in the next day, and return what becomes of the records that got a customer, or another one."""
        before = {record: self._number(record) for record in self._touched(day)}
        for record in day.records:
            if record not in self._customer:
                self._place[record] = len(self._place)
                self._customer[record] = _Customer([record])
        for one, other in day.together:
            self._apart.get(one, set()).discard(other)
            self._apart.get(other, set()).discard(one)
        for one, other in day.apart:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)
            self._divide(one, other)
        for one, other in (*day.together, *day.links):
            self._links += 1
            self._link(one, other, self._links)
        return {record: change for record in before if (change := self._change(record, before)).now != change.was}

    def _change(self, record: Record, before: dict[Record, int | None]) -> Change:
        earliest, was = self._customer[record].records[0], before[record]
        # The number of a part that was divided from a customer is made of one of the records that were together until now.
        why = NEW if was is None else DIVIDED if before[earliest] == was else MERGED
        return Change(was, number_of(earliest), why)

    def _touched(self, day: Day) -> list[Record]:
        """Return the records whose customer may be another after the day, in order."""
        named = [*day.records, *(record for pair in (*day.links, *day.apart, *day.together) for record in pair)]
        return sorted({member for record in named for member in (self._customer[record].records if record in self._customer else [record])})

    def _number(self, record: Record) -> int | None:
        return number_of(self._customer[record].records[0]) if record in self._customer else None

    def _link(self, one: Record, other: Record, place: int) -> None:
        """Make two records one customer, by a link that is the `place`-th that became known."""
        its, theirs = self._customer[one], self._customer[other]
        if its is not theirs:
            if self._are_apart(its, theirs):
                return
            its.records = sorted([*its.records, *theirs.records], key=self._place.__getitem__)
            its.links += theirs.links
            for record in theirs.records:
                self._customer[record] = its
        its.links.append((place, one, other))

    def _are_apart(self, one: _Customer, other: _Customer) -> bool:
        if not self._apart:
            return False
        few, many = sorted((one, other), key=lambda customer: len(customer.records))
        return any(self._customer.get(apart) is many for record in few.records for apart in self._apart.get(record, ()))

    def _divide(self, one: Record, other: Record) -> None:
        """Make the customer of two records, of which a person says that they are not one, again from its links."""
        customer = self._customer[one]
        if customer is not self._customer[other]:
            return
        for record in customer.records:
            self._customer[record] = _Customer([record])
        for place, left, right in sorted(customer.links):
            self._link(left, right, place)


def number_of(record: Record) -> int:
    """Return the number of the customer whose earliest record this is."""
    return int(hashlib.sha256(" ".join(record).encode()).hexdigest()[:_DIGITS], 16)
