"""What departments other than the tills know of a household's synthetic person: email, birth year, address, phone, and the number of a contact.

Belongs here: contact details, all of them synthetic. Does not belong here: name and postcode (`identities.py`), and any department's file.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from faker import Faker

from .identities import identity

_FAKER = Faker("en_US")
_APART = 1_000_000
"""What is added to a household's number for the seed, so that these draws do not repeat those of its name."""
_HOSTS = ("example.com", "example.net", "example.org")
"""Domains that are reserved for examples: no mail can reach anybody."""
_FIRST_CONTACT, _CONTACTS = 100_000, 10_000


@dataclass(frozen=True)
class Details:
    """How a synthetic person can be reached; the phone number is one of those reserved for fiction."""

    email: str
    second_email: str
    birth_year: int
    street: str
    city: str
    phone: str


@cache
def details(household_id: int) -> Details:
    """Return the details for a household; the same number always gives the same details."""
    person = identity(household_id)
    _FAKER.seed_instance(_APART + household_id)
    chance = _FAKER.random
    first, last = _plain(person.first), _plain(person.last)
    year, host = chance.randint(1932, 1998), chance.choice(_HOSTS)
    ways = [f"{first}.{last}", f"{first[0]}{last}", f"{first}.{last}{year % 100:02}", f"{last}{chance.randint(1, 99)}"]
    email, second = chance.sample(ways, 2)
    phone = f"({chance.randint(201, 989)}) 555-01{chance.randint(0, 99):02}"
    return Details(f"{email}@{host}", f"{second}@{chance.choice(_HOSTS)}", year, _FAKER.street_address(), _FAKER.city(), phone)


@cache
def _numbers() -> tuple[int, ...]:
    return tuple(np.random.default_rng(_APART).permutation(_CONTACTS).tolist())


def contact_id(household_id: int) -> str:
    """Return the number of a household's contact in marketing, which says nothing about the household's."""
    return f"C{_FIRST_CONTACT + _numbers()[household_id]}"


def _plain(name: str) -> str:
    """Return a name as an email address has it: lower case, without accents."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters.lower() if letter.isalnum())
