"""What stands in a query as text means what it should."""

import datetime as dt

import duckdb
import pytest

from batch_assets.engine.quoting import among

FIRST = dt.date(2017, 2, 26)


@pytest.mark.parametrize("chosen", [[0], [3], [0, 1], [2, 1, 3], [0, 2], [0, 1, 3, 4, 9], list(range(10)), [9, 0]])
def test_a_day_is_among_some_however_they_are_listed(chosen: list[int]) -> None:
    days = [FIRST + dt.timedelta(days=n) for n in chosen]
    query = f"select batch_date::date from range(date '{FIRST}', date '{FIRST}' + 10, interval 1 day) t(batch_date) where {among(days)} order by 1"
    assert [day for (day,) in duckdb.sql(query).fetchall()] == sorted(days)
