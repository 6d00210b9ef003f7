"""What is computed from measured parts: the cost of a day of micro-batches, and the seconds until an event can be read."""

import datetime as dt

import pytest

from batch_assets import partitions

from .batch_or_stream import BATCH, MICRO, SPARK, Measured, latencies, of_all_parts

BEGIN = partitions.end_of(dt.date(2017, 9, 11))


def test_each_part_of_a_day_reads_what_has_come_so_far() -> None:
    times = [BEGIN + dt.timedelta(minutes=minutes) for minutes in (1, 6, 7)]
    # 1 s for a part of nothing, and 2 s for each event: one event in the first part, three in all 287 others.
    assert of_all_parts(times, (1, 3.0), (2, 5.0)) == pytest.approx(3.0 + 287 * 7.0)


def test_a_day_is_waited_for_and_what_lasts_is_not() -> None:
    day = Measured(10, [], (40_000.0, 80_000.0), [], {f"{BATCH}, till lines": 2.0, MICRO: 3.0, SPARK: 1.0}, {})
    assert latencies(day) == [
        (f"{BATCH}, till lines", 40_060.0, 15.0, 2.0, 40_077.0, 80_122.0),
        (MICRO, 30.0, 150.0, 3.0, 183.0, 363.0),
        (SPARK, 30.0, 30.0, 1.0, 61.0, 121.0),
    ]
