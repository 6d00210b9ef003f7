"""The calendar: which days a window has, when models are retrained, and how days are named in messages."""

import datetime as dt

from batch_assets.partitions import days_between, days_of, name_days, retrain_day, stretches, window
from batch_assets.settings import settings

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
