"""Customers: a synthetic person for each household, and how a cashier types the name.

Belongs here: names and postcodes, all of them synthetic. Does not belong here: what is bought, and the till's format.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from faker import Faker

BLANK = 0.10
"""The share of receipts on which the cashier typed nothing."""


@dataclass(frozen=True)
class Habit:
    """A way to type a name, given the first name, the last name and a number that decides where a typo goes."""

    share: float
    write: Callable[[str, str, int], str]


HABITS = {
    "as it is": Habit(0.55, lambda first, last, _: f"{first} {last}"),
    "upper case": Habit(0.10, lambda first, last, _: f"{first} {last}".upper()),
    "lower case": Habit(0.08, lambda first, last, _: f"{first} {last}".lower()),
    "last name first": Habit(0.08, lambda first, last, _: f"{last}, {first}"),
    "initial": Habit(0.07, lambda first, last, _: f"{first[0]}. {last}"),
    "short": Habit(0.05, lambda first, last, _: f"{first[:3]} {last}"),
    "typo": Habit(0.04, lambda first, last, slip: _swapped(f"{first} {last}", slip)),
    "two spaces": Habit(0.03, lambda first, last, _: f"{first}  {last}"),
}
"""The ways a name is typed, with their shares of all names that are typed."""

_ACCENTED = 0.06
_FIRST = ("José", "René", "Zoë", "André", "Chloé", "Inés", "Sofía", "Björn", "Iñaki", "Renée")
_LAST = ("Núñez", "Peña", "Muñoz", "García", "Gómez", "Lefèvre", "Müller", "Ibáñez", "Crête", "Ordóñez")
_FAKER = Faker("en_US")


@dataclass(frozen=True)
class Identity:
    """A synthetic person; the postcode has five digits."""

    first: str
    last: str
    postcode: str


@cache
def identity(household_id: int) -> Identity:
    """Return the person for a household; the same number always gives the same person."""
    _FAKER.seed_instance(household_id)
    person = Identity(_FAKER.first_name(), _FAKER.last_name(), _FAKER.postcode())
    if _FAKER.random.random() >= _ACCENTED:
        return person
    first, last = _FAKER.random.choice(_FIRST), _FAKER.random.choice(_LAST)
    return Identity(first, last, person.postcode)


def typed(household_ids: list[int], chance: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return the names and postcodes of receipts as the cashiers typed them; either both are blank or neither is."""
    shares = [habit.share for habit in HABITS.values()]
    habits = chance.choice(len(HABITS), len(household_ids), p=shares).tolist()
    slips = chance.integers(0, 1 << 16, len(household_ids)).tolist()
    blank = (chance.random(len(household_ids)) < BLANK).tolist()
    ways = [habit.write for habit in HABITS.values()]
    people = [identity(number) for number in household_ids]
    names: list[str] = [
        "" if nothing else ways[habit](person.first, person.last, slip) for person, habit, slip, nothing in zip(people, habits, slips, blank, strict=True)
    ]
    return names, ["" if nothing else person.postcode for person, nothing in zip(people, blank, strict=True)]


def _swapped(name: str, slip: int) -> str:
    """Return a name with two adjacent characters swapped."""
    at = slip % (len(name) - 1)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
