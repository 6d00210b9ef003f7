"""The store's clock: the same local time as the time zone database gives, also where clocks change."""

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import ibis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from batch_assets.expressions.local_time import _changes, to_local
from batch_assets.settings import settings

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Move the store to another time zone."""

    def move(name: str) -> None:
        monkeypatch.setattr(settings, "time_zone", name)
        _changes.cache_clear()

    yield move
    monkeypatch.undo()
    _changes.cache_clear()


def local(*utc: dt.datetime) -> list[dt.datetime]:
    """Return local times as the expression computes them."""
    rows = ibis.memtable([{"at": time} for time in utc], schema={"at": "timestamp(6)"})
    return list(rows.select(local=to_local(rows["at"])).to_pyarrow()["local"].to_pylist())


@hypothesis_settings(max_examples=20, deadline=None)
@given(st.lists(st.datetimes(dt.datetime.fromisoformat("2016-12-15"), dt.datetime.fromisoformat("2019-01-15")), min_size=1, max_size=20))
def test_it_is_the_time_of_the_time_zone_database(utc: list[dt.datetime]) -> None:
    assert local(*utc) == [time.replace(tzinfo=dt.UTC).astimezone(NEW_YORK).replace(tzinfo=None) for time in utc]


@pytest.mark.parametrize(
    ("utc", "there"),
    [
        ("2017-03-12T06:59:59", "2017-03-12T01:59:59"),
        ("2017-03-12T07:00:00", "2017-03-12T03:00:00"),
        ("2017-11-05T05:59:59", "2017-11-05T01:59:59"),
        ("2017-11-05T06:00:00", "2017-11-05T01:00:00"),
    ],
)
def test_clocks_change_to_the_second(utc: str, there: str) -> None:
    assert local(dt.datetime.fromisoformat(utc)) == [dt.datetime.fromisoformat(there)]


ZONES = sorted(available_timezones())
FIRST, LAST = dt.datetime.fromisoformat("1990-01-01"), dt.datetime.fromisoformat("2040-12-31")


def by_database(zone: ZoneInfo, utc: dt.datetime) -> dt.datetime:
    """Return the local time that the time zone database gives."""
    return utc.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None)


def instants(first: dt.datetime, last: dt.datetime, step: dt.timedelta) -> list[dt.datetime]:
    """Return instants from one to another, in UTC, so far apart."""
    return [first.replace(tzinfo=dt.UTC) + n * step for n in range((last - first) // step + 1)]


def offsets(zone: ZoneInfo, looked_at: list[dt.datetime]) -> tuple[dt.timedelta | None, ...]:
    """Return what the time zone database says of instants."""
    return tuple(utc.astimezone(zone).utcoffset() for utc in looked_at)


def changes_within(looked_at: list[dt.datetime], there: tuple[dt.timedelta | None, ...]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return the pairs of instants between which a clock changes."""
    return [pair for pair, (old, new) in zip(pairwise(looked_at), pairwise(there), strict=True) if old != new]


def changes_of(zone: ZoneInfo, days: list[tuple[dt.datetime, dt.datetime]]) -> list[dt.datetime]:
    """Return the minutes, in UTC, in which a zone's clock changes on some days: looked for hour by hour, then minute by minute."""
    found = days
    for step in (dt.timedelta(hours=1), dt.timedelta(minutes=1)):
        closer = [instants(begin.replace(tzinfo=None), end.replace(tzinfo=None), step) for begin, end in found]
        found = [pair for looked_at in closer for pair in changes_within(looked_at, offsets(zone, looked_at))]
    return [after.replace(tzinfo=None) for _, after in found]


@pytest.fixture
def half_a_century(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the calendar reach from 1990 to 2040."""
    monkeypatch.setattr(settings, "first_day", FIRST.date())
    monkeypatch.setattr(settings, "last_day", LAST.date())


@pytest.mark.usefixtures("half_a_century")
def test_every_zone_changes_its_clock_to_the_minute(in_zone: Callable[[str], None]) -> None:
    """Of the zones that are alike, with the same clock on every second day of half a century, one is tried."""
    every_second_day = instants(FIRST, LAST, dt.timedelta(days=2))
    by_clock = {offsets(ZoneInfo(name), every_second_day): name for name in ZONES}
    tried, kinds = 0, set[int]()
    for clock, name in by_clock.items():
        zone = ZoneInfo(name)
        in_zone(name)
        stretches = _changes()
        changes = changes_of(zone, changes_within(every_second_day, clock))
        assert [end for end, _ in stretches if FIRST < end < LAST] == changes, name
        assert [minutes for end, minutes in stretches if FIRST < end < LAST] == [
            (by_database(zone, change - dt.timedelta(seconds=1)) - change + dt.timedelta(seconds=1)) // dt.timedelta(minutes=1) for change in changes
        ], name
        tried, kinds = tried + len(changes), kinds | {change.minute for change in changes}
    assert tried > 5000
    assert {0, 1, 15, 30} <= kinds


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(ZONES), utc=st.lists(st.datetimes(FIRST, LAST), min_size=1, max_size=10))
@pytest.mark.usefixtures("half_a_century")
def test_it_is_the_time_of_the_time_zone_database_in_every_zone(in_zone: Callable[[str], None], name: str, utc: list[dt.datetime]) -> None:
    in_zone(name)
    assert local(*utc) == [by_database(ZoneInfo(name), time) for time in utc]


@pytest.mark.parametrize(
    ("zone", "utc", "there"),
    [
        ("Australia/Lord_Howe", "2017-04-01T14:59:59", "2017-04-02T01:59:59"),
        ("Australia/Lord_Howe", "2017-04-01T15:00:00", "2017-04-02T01:30:00"),
        ("Australia/Lord_Howe", "2017-09-30T15:29:59", "2017-10-01T01:59:59"),
        ("Australia/Lord_Howe", "2017-09-30T15:30:00", "2017-10-01T02:30:00"),
        ("Australia/Adelaide", "2017-09-30T16:29:59", "2017-10-01T01:59:59"),
        ("Australia/Adelaide", "2017-09-30T16:30:00", "2017-10-01T03:00:00"),
        ("Asia/Tehran", "2017-03-21T20:29:59", "2017-03-21T23:59:59"),
        ("Asia/Tehran", "2017-03-21T20:30:00", "2017-03-22T01:00:00"),
    ],
)
def test_clocks_that_change_at_half_past_do_so_to_the_second(in_zone: Callable[[str], None], zone: str, utc: str, there: str) -> None:
    in_zone(zone)
    assert local(dt.datetime.fromisoformat(utc)) == [dt.datetime.fromisoformat(there)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "Australia/Sydney"])
def test_every_zone_has_its_time_also_one_whose_clocks_never_change(in_zone: Callable[[str], None], zone: str) -> None:
    in_zone(zone)
    times = [dt.datetime.fromisoformat(f"2017-{month:02}-01T12:00:00") for month in range(1, 13)]
    assert local(*times) == [time.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for time in times]
