"""The calendar: which days a window has, when models are retrained, and how days are named in messages."""

import datetime as dt

import pytest

from batch_assets.partitions import day_at, days_between, days_of, days_of_rule, end_of, is_closed, name_days, retrain_day, stretches, window
from batch_assets.settings import Closing, settings

from .shop_lake import FIRST, day_of


def test_days_are_those_of_their_keys_oldest_first() -> None:
    assert days_of(["2017-01-03", "2017-01-01"]) == [day_of(0), day_of(2)]


def test_days_between_two_are_all_with_both() -> None:
    assert days_between(day_of(0), day_of(2)) == [day_of(0), day_of(1), day_of(2)]
    assert days_between(day_of(1), day_of(1)) == [day_of(1)]
    assert days_between(day_of(1), day_of(0)) == []


def test_stretches_are_days_without_a_gap() -> None:
    assert stretches([day_of(n) for n in (5, 1, 0, 3, 2)]) == [[day_of(n) for n in range(4)], [day_of(5)]]
    assert stretches([]) == []


def test_a_window_ends_with_its_day_and_is_cut_off_at_the_calendars_start() -> None:
    assert window(day_of(5), 2) == [day_of(3), day_of(4), day_of(5)]
    assert window(day_of(5), 0) == [day_of(5)]
    assert window(day_of(2), 90) == window(day_of(2), None) == [FIRST, day_of(1), day_of(2)]


def test_models_are_trained_on_the_last_retrain_weekday() -> None:
    assert settings.retrain_weekday == "Monday"
    assert [retrain_day(dt.date(2017, 5, d)) for d in (7, 8, 14, 15)] == [dt.date(2017, 5, d) for d in (1, 8, 8, 15)]


def test_days_are_told_as_stretches() -> None:
    assert name_days([day_of(2), day_of(0), day_of(1), day_of(5)]) == "2017-01-01..2017-01-03, 2017-01-06"
    assert name_days([day_of(n) for n in range(0, 14, 2)]).endswith("2017-01-09 and 2 more stretches")


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that is closed on Sundays, on the 5th, which was told on the 3rd, and on the 6th, which was told on the 3rd and withdrawn on the 4th."""
    told = day_of(2)
    closings = {"FREQ=WEEKLY;BYDAY=SU": Closing(), day_of(4): Closing(known_on=told), day_of(5): Closing(known_on=told, withdrawn_on=day_of(3))}
    monkeypatch.setattr(settings, "closed_days", closings)


@pytest.mark.usefixtures("closed")
def test_a_closing_is_known_from_its_day_on_and_until_it_is_withdrawn() -> None:
    assert [is_closed(day_of(4), known_on=day_of(n)) for n in range(5)] == [False, False, True, True, True]
    assert [is_closed(day_of(5), known_on=day_of(n)) for n in range(5)] == [False, False, True, False, False]


@pytest.mark.usefixtures("closed")
def test_whether_a_day_had_to_have_files_is_told_by_all_that_is_known_today() -> None:
    assert [n for n in range(14) if is_closed(day_of(n))] == [0, 4, 7]  # 2017-01-01 is a Sunday


def test_a_rule_may_begin_and_end() -> None:
    rule = "DTSTART:20170107 RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20170121"
    assert days_of_rule(rule, 2017) == {day_of(6), day_of(13), day_of(20)}
    assert days_of_rule(rule, 2018) == frozenset()
    assert days_of_rule("FREQ=YEARLY;BYEASTER=0", 2017) == {dt.date(2017, 4, 16)}


@pytest.mark.parametrize(
    ("ends_at", "day", "begins", "ends"),
    [
        (dt.time(0), dt.date(2017, 6, 1), "2017-06-01T04:00+00:00", "2017-06-02T04:00+00:00"),
        (dt.time(3), dt.date(2017, 6, 1), "2017-06-01T07:00+00:00", "2017-06-02T07:00+00:00"),
        (dt.time(0), dt.date(2017, 3, 12), "2017-03-12T05:00+00:00", "2017-03-13T04:00+00:00"),
        (dt.time(3), dt.date(2017, 11, 4), "2017-11-04T07:00+00:00", "2017-11-05T08:00+00:00"),
    ],
    ids=["midnight", "three", "a day of 23 hours", "a night in which the clock is put back"],
)
def test_an_instant_is_of_the_day_that_ends_after_it(monkeypatch: pytest.MonkeyPatch, ends_at: dt.time, day: dt.date, begins: str, ends: str) -> None:
    monkeypatch.setattr(settings, "day_ends_at", ends_at)
    first, end = dt.datetime.fromisoformat(begins), dt.datetime.fromisoformat(ends)
    assert (end_of(day - dt.timedelta(days=1)), end_of(day)) == (first, end)
    assert {day_at(first), day_at(end - dt.timedelta(microseconds=1))} == {day}
    assert (day_at(first - dt.timedelta(microseconds=1)), day_at(end)) == (day - dt.timedelta(days=1), day + dt.timedelta(days=1))
