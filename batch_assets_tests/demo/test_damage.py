"""Files that arrive broken, and their second delivery."""

import datetime as dt
import gzip
from pathlib import Path

import pytest

from batch_assets.demo.damage import BROKEN_DAYS, redeliver
from batch_assets.demo.drafts import COLUMNS

from .conftest import FIRST, Lake

TRUNCATED, ADDITIONAL, CHANGED = BROKEN_DAYS


def test_truncated_file_cannot_be_unpacked(lake: Lake, whole_lake: Lake) -> None:
    """The file is the beginning of the right one, about 70 % of it."""
    whole = whole_lake.till(TRUNCATED).read_bytes()
    arrived = lake.till(TRUNCATED).read_bytes()
    assert whole.startswith(arrived)
    assert len(arrived) == int(len(whole) * 0.7)
    with pytest.raises(EOFError):
        gzip.decompress(arrived)


def test_additional_column_is_the_only_difference(lake: Lake, whole_lake: Lake) -> None:
    """Header and lines have one more field at their end."""
    arrived = [line.rpartition(b",") for line in lake.till_lines(ADDITIONAL)]
    assert [before + b"\n" for before, _, _ in arrived] == whole_lake.till_lines(ADDITIONAL)
    assert arrived[0][2] == b"loyalty_flag\n"
    assert {flag for _, _, flag in arrived[1:]} == {b"Y\n", b"N\n", b"\n"}


def test_changed_header_is_the_only_difference(lake: Lake, whole_lake: Lake) -> None:
    """The quantity has another name; the lines are right."""
    arrived = lake.till_lines(CHANGED)
    assert arrived[0].decode() == ",".join(COLUMNS).replace("quantity", "qty") + "\n"
    assert arrived[1:] == whole_lake.till_lines(CHANGED)[1:]


def test_manifest_names_the_broken_days(lake: Lake) -> None:
    """All other days arrive whole."""
    told = {day: entries["sales"]["arrives"] for day, entries in lake.days().items()}
    assert {day: how for day, how in told.items() if how != "whole"} == BROKEN_DAYS


def test_redelivery_touches_one_file_and_may_be_repeated(lake: Lake, tmp_path: Path) -> None:
    """Only the day's till file changes, and nothing unfinished stays behind."""
    mine = lake.copy_to(tmp_path)
    before = mine.files()
    assert redeliver(mine.path, TRUNCATED) == mine.till(TRUNCATED)
    after = mine.files()
    assert {name for name in after if after[name] != before.get(name)} == {f"sales/pos/{TRUNCATED}.csv.gz"}
    redeliver(mine.path, TRUNCATED)
    assert mine.files() == after


@pytest.mark.parametrize("day", [FIRST, dt.date(2017, 12, 25), dt.date(2018, 5, 1)])
def test_a_day_that_arrived_whole_is_not_redelivered(lake: Lake, day: dt.date) -> None:
    """The message names the days that can be."""
    with pytest.raises(ValueError, match="2017-12-27, 2017-12-28, 2017-12-29"):
        redeliver(lake.path, day)
