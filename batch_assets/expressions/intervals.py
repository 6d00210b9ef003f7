"""Intervals for shares: how far a share that was seen in a few cases may be from the share of all.

Reference: Wilson (1927) for one share; Newcombe (1998), method 10, for the difference of two.
"""

from typing import NamedTuple

import ibis.expr.types as ir

NORMAL_95 = 1.96
"""The quantile of the normal distribution for an interval that has the truth in 95 of 100 cases."""


class Interval(NamedTuple):
    """The bounds of an interval."""

    lower: ir.FloatingValue
    upper: ir.FloatingValue


def wilson(share: ir.FloatingValue, cases: ir.NumericValue, z: float = NORMAL_95) -> Interval:
    """Return the interval of a share that was seen in some cases, at least one; it is within 0 and 1 also for a share of 0 or 1."""
    spread = z**2 / cases
    middle = (share + spread / 2) / (1 + spread)
    half = (z / (1 + spread)) * ((share * (1 - share) + spread / 4) / cases).sqrt()
    return Interval((middle - half).clip(0, 1), (middle + half).clip(0, 1))


def difference(now: ir.FloatingValue, its: Interval, before: ir.FloatingValue, whose: Interval) -> Interval:
    """Return the interval of the difference `now` - `before` of two shares, each with its own interval."""
    down = ((now - its.lower) ** 2 + (whose.upper - before) ** 2).sqrt()
    up = ((its.upper - now) ** 2 + (before - whose.lower) ** 2).sqrt()
    return Interval((now - before - down).clip(-1, 1), (now - before + up).clip(-1, 1))
