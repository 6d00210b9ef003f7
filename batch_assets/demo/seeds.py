"""Reproducible randomness.

Belongs here: the one way to get a random generator. Does not belong here: what is drawn from it.
"""

import datetime as dt
import zlib

import numpy as np


def generator(purpose: str, day: dt.date) -> np.random.Generator:
    """Return the generator for one purpose on one day; its draws do not depend on other days or purposes."""
    return np.random.default_rng([zlib.crc32(purpose.encode()), day.toordinal()])
