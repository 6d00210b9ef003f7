"""Chance, made repeatable.

Belongs here: the one way to get a random generator. Does not belong here: what is drawn from it.
"""

import datetime as dt
import zlib

import numpy as np


def generator(purpose: str, day: dt.date) -> np.random.Generator:
    """Return the generator of one purpose on one day; no other day or purpose moves its draws."""
    return np.random.default_rng([zlib.crc32(purpose.encode()), day.toordinal()])
