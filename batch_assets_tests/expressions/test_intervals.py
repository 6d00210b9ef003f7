"""Intervals of shares have the truth as often as they say, also of few cases."""

import math

import ibis
import numpy as np
import pyarrow as pa
import pytest

from batch_assets.expressions.intervals import Interval, difference, wilson


def wilson_of(shares: list[float], cases: list[int]) -> list[tuple[float, float]]:
    """Return the intervals of shares."""
    table = ibis.memtable(pa.table({"place": range(len(shares)), "share": shares, "cases": cases}))
    made = wilson(table.share, table.cases)
    rows = ibis.duckdb.connect().to_pyarrow(table.select("place", lower=made.lower, upper=made.upper).order_by("place"))
    return list(zip(rows["lower"].to_pylist(), rows["upper"].to_pylist(), strict=True))


def chances(cases: int, share: float) -> list[float]:
    """Return how likely each number of successes is."""
    return [math.comb(cases, k) * share**k * (1 - share) ** (cases - k) for k in range(cases + 1)]


def test_it_is_wilsons() -> None:
    """The examples are Newcombe's (1998), table I."""
    made = wilson_of([81 / 263, 15 / 148, 0.0, 1 / 29], [263, 148, 20, 29])
    expected = [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]
    for found, known in zip(made, expected, strict=True):
        assert found == pytest.approx(known, abs=5e-5)


@pytest.mark.parametrize("cases", [1, 2, 3, 5, 10, 40])
def test_it_has_the_truth_in_95_of_100_cases_on_average_and_never_in_less_than_79(cases: int) -> None:
    intervals = wilson_of([k / cases for k in range(cases + 1)], [cases] * (cases + 1))
    truths = np.linspace(0.05, 0.95, 91)
    covered = [sum(p for p, (lower, upper) in zip(chances(cases, truth), intervals, strict=True) if lower <= truth <= upper) for truth in truths]
    assert np.mean(covered) > 0.94
    assert min(covered) > 0.79


@pytest.mark.parametrize(("now", "before"), [(2, 8), (7, 28), (30, 30)])
def test_the_interval_of_a_difference_has_the_truth_in_95_of_100_cases_on_average_and_never_in_less_than_88(now: int, before: int) -> None:
    pairs = [(a, b) for a in range(now + 1) for b in range(before + 1)]
    table = ibis.memtable(pa.table({"place": range(len(pairs)), "a": [a / now for a, _ in pairs], "b": [b / before for _, b in pairs]}))
    made = difference(table.a, wilson(table.a, ibis.literal(now)), table.b, wilson(table.b, ibis.literal(before)))
    rows = ibis.duckdb.connect().to_pyarrow(table.select("place", lower=made.lower, upper=made.upper).order_by("place"))
    lower, upper = rows["lower"].to_numpy().reshape(now + 1, -1), rows["upper"].to_numpy().reshape(now + 1, -1)
    covered = []
    for first in np.linspace(0.1, 0.9, 9):
        for second in np.linspace(0.1, 0.9, 9):
            likely = np.outer(chances(now, first), chances(before, second))
            covered.append(likely[(lower <= first - second) & (first - second <= upper)].sum())
    assert np.mean(covered) > 0.94
    assert min(covered) > 0.88


def test_the_example_of_the_difference_is_newcombes() -> None:
    """Newcombe (1998), table II: 56/70 - 48/80."""
    table = ibis.memtable(pa.table({"a": [56 / 70], "b": [48 / 80]}))
    made: Interval = difference(table.a, wilson(table.a, ibis.literal(70)), table.b, wilson(table.b, ibis.literal(80)))
    (row,) = ibis.duckdb.connect().to_pyarrow(table.select(lower=made.lower, upper=made.upper)).to_pylist()
    assert (row["lower"], row["upper"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
