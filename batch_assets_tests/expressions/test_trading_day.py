"""Trading days: which day of the store a sale is of, when the day ends after midnight and when clocks are ahead."""

import datetime as dt
from zoneinfo import ZoneInfo

import ibis
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from batch_assets.expressions.local_time import trading_day
from batch_assets.settings import Settings, settings

DAY = dt.date(2017, 7, 10)


def sold_on(utc: str | dt.datetime, arrived_on: dt.date = DAY) -> dt.date:
    """Return the trading day of a time."""
    at = dt.datetime.fromisoformat(utc) if isinstance(utc, str) else utc
    rows = ibis.memtable([{"at": at, "arrived": arrived_on}], schema={"at": "timestamp(6)", "arrived": "date"})
    found: dt.date = rows.select(day=trading_day(rows["at"], rows["arrived"])).to_pyarrow()["day"][0].as_py()
    return found


@pytest.mark.parametrize(
    ("ends_at", "utc", "day"),
    [
        ("00:00", "2017-07-11T03:59:59", "2017-07-10"),
        ("00:00", "2017-07-11T04:00:00", "2017-07-11"),
        ("03:00", "2017-07-11T06:59:59", "2017-07-10"),
        ("03:00", "2017-07-11T07:00:00", "2017-07-11"),
        ("02:30", "2017-01-11T07:29:59", "2017-01-10"),
        ("02:30", "2017-01-11T07:30:00", "2017-01-11"),
        # The night in which 02:00 becomes 03:00, and the one in which 02:00 becomes 01:00.
        ("03:00", "2017-03-12T06:59:59", "2017-03-11"),
        ("03:00", "2017-03-12T07:00:00", "2017-03-12"),
        ("03:00", "2017-11-05T07:59:59", "2017-11-04"),
        ("03:00", "2017-11-05T08:00:00", "2017-11-05"),
        ("01:30", "2017-11-05T05:29:59", "2017-11-04"),
    ],
)
def test_a_day_ends_at_its_hour_by_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch, ends_at: str, utc: str, day: str) -> None:
    monkeypatch.setattr(settings, "day_ends_at", dt.time.fromisoformat(ends_at))
    assert sold_on(utc, dt.date.fromisoformat(day)) == dt.date.fromisoformat(day)


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.datetimes(dt.datetime.fromisoformat("2017-01-02"), dt.datetime.fromisoformat("2018-01-05")), st.times())
def test_it_is_the_day_of_the_time_zone_database_shifted_by_the_hour(utc: dt.datetime, ends_at: dt.time) -> None:
    local = utc.replace(tzinfo=dt.UTC).astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)
    ends_at = ends_at.replace(hour=ends_at.hour % 12, second=0, microsecond=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "day_ends_at", ends_at)
        assert sold_on(utc) == (local - dt.timedelta(hours=ends_at.hour, minutes=ends_at.minute)).date()


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2017-07-11T03:59:59", "2017-07-10"),
        ("2017-07-11T04:00:00", "2017-07-10"),
        ("2017-07-11T04:09:59", "2017-07-10"),
        ("2017-07-11T04:10:00", "2017-07-11"),
        ("2017-07-10T04:05:00", "2017-07-10"),
        ("2017-07-09T04:05:00", "2017-07-09"),
    ],
)
def test_a_clock_that_is_some_minutes_ahead_tells_the_day_on_which_its_sales_arrived(monkeypatch: pytest.MonkeyPatch, utc: str, day: str) -> None:
    monkeypatch.setattr(settings, "minutes_ahead", 10)
    assert sold_on(utc) == dt.date.fromisoformat(day)


def test_both_settings_hold_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "day_ends_at", dt.time(3))
    monkeypatch.setattr(settings, "minutes_ahead", 5)
    assert [sold_on(f"2017-07-11T07:0{minute}:00") for minute in (0, 4, 5)] == [DAY, DAY, DAY + dt.timedelta(days=1)]


def test_the_settings_are_read_from_text_and_have_bounds() -> None:
    assert Settings(day_ends_at="03:00").day_ends_at == dt.time(3)
    for wrong in ({"day_ends_at": "12:00"}, {"minutes_ahead": -1}, {"minutes_ahead": 721}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Settings(**wrong)
