"""The store's clock: the same local time as the time zone database gives, also where clocks change."""

import datetime as dt
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import ibis
import pytest
from hypothesis import given
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


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin", "Australia/Sydney"])
def test_every_zone_has_its_time_also_one_whose_clocks_never_change(in_zone: Callable[[str], None], zone: str) -> None:
    in_zone(zone)
    times = [dt.datetime.fromisoformat(f"2017-{month:02}-01T12:00:00") for month in range(1, 13)]
    assert local(*times) == [time.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for time in times]
