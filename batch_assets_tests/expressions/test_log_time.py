"""Times of a web server's log: to UTC, and null for all that is not one."""

import ibis
import pytest

from batch_assets.expressions.log_time import log_time


def read(text: str | None) -> str | None:
    """Return what the expression makes of a text."""
    rows = ibis.memtable({"text": [text]}, schema={"text": "string"})
    (value,) = rows.select(value=log_time(rows.text)).to_pyarrow()["value"].to_pylist()
    return None if value is None else str(value)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("05/May/2017:14:03:09 -0400", "2017-05-05 18:03:09"),
        ("31/Dec/2017:20:30:00 -0500", "2018-01-01 01:30:00"),
        ("01/Jan/2017:00:15:00 +0530", "2016-12-31 18:45:00"),
        ("29/Feb/2016:23:59:59 +0000", "2016-02-29 23:59:59"),
    ],
)
def test_a_time_is_read_as_utc(text: str, utc: str) -> None:
    assert read(text) == utc


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "-",
        "29/Feb/2017:00:00:00 +0000",
        "05/Mai/2017:14:03:09 -0400",
        "5/May/2017:14:03:09 -0400",
        "05/May/2017:24:03:09 -0400",
        "05/May/2017:14:03:09",
        "05/May/2017:14:03:09 -0460",
        "05/May/2017:14:03:09 -0400 ",
    ],
)
def test_what_is_no_such_time_is_null(text: str | None) -> None:
    assert read(text) is None
