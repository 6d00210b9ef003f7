"""target_calendar: the days to come, the distance to the holidays, and closed days."""

import datetime as dt

import pyarrow as pa
import pytest

from batch_assets.features.target_calendar import target_calendar
from batch_assets.settings import Closing, settings

from ..frames import days


def made(day: dt.date) -> list[dict[str, object]]:
    """Return the days to come of a day, in order."""
    (batch,) = target_calendar(days=days(day))
    assert isinstance(batch, pa.RecordBatch)
    return batch.to_pylist()


def test_the_next_fourteen_days_follow_the_batch_day() -> None:
    rows = made(dt.date(2017, 12, 11))
    assert [row["horizon"] for row in rows] == list(range(1, 15))
    assert (rows[0]["target_date"], rows[0]["weekday"], rows[-1]["target_date"]) == (dt.date(2017, 12, 12), 1, dt.date(2017, 12, 25))


def test_holidays_are_told_by_their_distance() -> None:
    christmas = made(dt.date(2017, 12, 11))[-1]
    assert (christmas["days_to_holiday"], christmas["days_since_holiday"], christmas["holiday_in"], christmas["holiday_ago"]) == (0, 0, 14, 18)
    easter = made(dt.date(2017, 4, 15))[0]
    assert (easter["target_date"], easter["days_to_holiday"]) == (dt.date(2017, 4, 16), 0)
    assert made(dt.date(2017, 8, 1))[0]["days_since_holiday"] == 29


def test_a_closed_day_is_known_in_advance() -> None:
    assert [row["target_date"] for row in made(dt.date(2017, 12, 20)) if row["is_closed"]] == [dt.date(2017, 12, 25)]


def test_a_closing_that_was_entered_later_changes_nothing_before_it_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    day, closed = dt.date(2017, 3, 14), dt.date(2017, 3, 18)
    before = made(day)
    monkeypatch.setattr(settings, "closed_days", {**settings.closed_days, closed: Closing(known_on=dt.date(2017, 3, 16))})
    assert made(day) == before
    assert [row["target_date"] for row in made(dt.date(2017, 3, 16)) if row["is_closed"]] == [closed]
    (range_,) = target_calendar(days=days(day, dt.date(2017, 3, 16)))
    assert isinstance(range_, pa.RecordBatch)
    assert range_.to_pylist() == before + made(dt.date(2017, 3, 16))


def test_weekly_closing_is_known_of_all_days_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "closed_days", {"FREQ=WEEKLY;BYDAY=SA,SU": Closing()})
    assert {row["weekday"] for row in made(dt.date(2017, 3, 14)) if row["is_closed"]} == {5, 6}
    assert {row["weekday"] for row in made(dt.date(2017, 3, 14)) if not row["is_closed"]} == {0, 1, 2, 3, 4}


def test_a_rule_with_an_interval_gives_the_same_days_whatever_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "shopping_holidays", {"market": "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA"})
    (both,) = target_calendar(days=days(dt.date(2017, 1, 10), dt.date(2018, 1, 10)))
    assert isinstance(both, pa.RecordBatch)
    assert both.to_pylist() == made(dt.date(2017, 1, 10)) + made(dt.date(2018, 1, 10))
