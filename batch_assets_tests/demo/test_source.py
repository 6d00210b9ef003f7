"""The source: local days, line numbers, and the people that stand for its households."""

import datetime as dt

import numpy as np
import pytest

from batch_assets.demo.identities import identity
from batch_assets.demo.source import Source, load


@pytest.fixture(scope="module")
def source() -> Source:
    """Sixty households' year."""
    return load(60)


def _hours(source: Source, day: dt.date) -> tuple[str, str]:
    sold = source.sales(day)["sold_at"].to_numpy()
    return str(sold.min().astype("datetime64[s]")), str(sold.max().astype("datetime64[s]"))


def test_the_calendar_is_the_year_without_christmas(source: Source) -> None:
    """The calendar does not depend on which households are kept."""
    assert len(source.calendar) == 364
    assert (source.calendar[0], source.calendar[-1]) == (dt.date(2017, 1, 1), dt.date(2017, 12, 31))
    assert dt.date(2017, 12, 25) not in source.calendar


def test_a_day_goes_from_local_midnight_to_local_midnight(source: Source) -> None:
    """An evening's lines are of the day before their UTC date: by five hours in winter, by four in summer."""
    for day in source.calendar:
        if source.sales(day).num_rows:
            shift = 4 if dt.date(2017, 3, 13) <= day <= dt.date(2017, 11, 4) else 5
            start, end = (f"{day + dt.timedelta(n)}T0{shift}:00:00" for n in (0, 1))
            if day not in {dt.date(2017, 3, 12), dt.date(2017, 11, 5)}:
                first, last = _hours(source, day)
                assert start <= first <= last < end, day


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (dt.date(2017, 3, 12), ("2017-03-12T05:00:00", "2017-03-13T04:00:00")),
        (dt.date(2017, 11, 5), ("2017-11-05T04:00:00", "2017-11-06T05:00:00")),
    ],
)
def test_days_of_a_clock_change_have_another_length(source: Source, day: dt.date, utc: tuple[str, str]) -> None:
    """They have 23 and 25 hours."""
    first, last = _hours(source, day)
    assert utc[0] <= first <= last < utc[1]


def test_no_line_is_lost_and_numbers_count_within_a_receipt(source: Source) -> None:
    """Line numbers of a receipt go from 1 to its count of lines."""
    assert sum(source.sales(day).num_rows for day in source.calendar) == source.lines.num_rows
    receipts, numbers = source.lines["receipt_id"].to_numpy(), source.lines["line_no"].to_numpy()
    _, first, counts = np.unique(receipts, return_index=True, return_counts=True)
    assert all(numbers[at : at + n].tolist() == list(range(1, n + 1)) for at, n in zip(first, counts, strict=True))


def test_identities_are_stable_and_distinct() -> None:
    """A household number always gives the same person, and no two give the same."""
    people = [identity(number) for number in range(1, 301)]
    assert len(set(people)) == len(people)
    identity.cache_clear()
    assert [identity(number) for number in range(300, 0, -1)] == people[::-1]
    assert all(len(person.postcode) == 5 and person.postcode.isdigit() for person in people)
    assert any(not person.last.isascii() for person in people)
