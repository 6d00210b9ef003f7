"""Text to numbers and times: what is written exactly so, and null for all that is not."""

from collections.abc import Callable
from typing import Any

import ibis
import pytest

from batch_assets.expressions.text import cents, dotted_date, utc_time, whole_number


def read(function: Callable[..., Any], *texts: str | None) -> list[object]:
    """Return what an expression makes of texts."""
    rows = ibis.memtable({"text": list(texts)}, schema={"text": "string"})
    return list(rows.select(value=function(rows["text"])).to_pyarrow()["value"].to_pylist())


@pytest.mark.parametrize("text", [None, "", " 1", "1 ", "1.5", "1e3", "+1", "0x10", "--1", "1_000", "nan", "1\n", "1" * 19])
def test_what_is_not_written_as_a_whole_number_is_null(text: str | None) -> None:
    assert read(whole_number, text) == [None]


def test_whole_numbers_of_up_to_18_digits_are_read() -> None:
    assert read(whole_number, "0", "-1", "007", "9" * 18, "-" + "9" * 18) == [0, -1, 7, 10**18 - 1, 1 - 10**18]


@pytest.mark.parametrize("text", [None, "", "1.234", "1.", ".5", "$1", "1,00", "1e2", " 1", "1.0\n", "1" * 13])
def test_what_is_not_written_as_dollars_is_null(text: str | None) -> None:
    assert read(cents, text) == [None]


def test_dollars_are_whole_cents() -> None:
    assert read(cents, "0", "1", "-1.5", "0.29", "1.10", "999999999999.99") == [0, 100, -150, 29, 110, 99999999999999]


@pytest.mark.parametrize("text", [None, "", "2017-01-01", "2017-01-01T00:00:00", "2017-01-01 00:00:00Z", "2017-02-30T00:00:00Z", "2017-01-01T24:00:00Z"])
def test_what_is_not_written_as_a_time_in_utc_is_null(text: str | None) -> None:
    assert read(utc_time, text) == [None]


def test_a_time_in_utc_is_read_to_the_second() -> None:
    assert [str(time) for time in read(utc_time, "2017-01-01T23:59:59Z")] == ["2017-01-01 23:59:59"]


def test_dollars_may_have_a_decimal_comma_and_then_no_point() -> None:
    assert read(lambda text: cents(text, decimal=","), "1", "-1,5", "0,29", "1.10", "1.234,50", "1,005", "") == [100, -150, 29, None, None, None, None]


def test_a_date_with_the_day_first_is_read_if_the_calendar_has_it() -> None:
    told = read(dotted_date, "24.12.2017", "29.02.2016", "29.02.2017", "2017-12-24", "1.1.2017", "24.12.17", "24.12.2017 ", "", None)
    assert [str(day) for day in told] == ["2017-12-24", "2016-02-29", *["None"] * 7]
