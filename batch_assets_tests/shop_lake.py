"""Writes small raw files for the tests' own shop, one day at a time. Expectations belong in the tests."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .shop.lake.counts import counts
from .shop.lake.shelves import shelves

FIRST = dt.date(2017, 1, 1)
"""The calendar's first day."""

HEADER = ",".join(counts.columns)


def day_of(number: int) -> dt.date:
    """Return the calendar's day of that number, from 0."""
    return FIRST + dt.timedelta(days=number)


def write_counts(root: Path, day: dt.date, files: Mapping[str, Iterable[str]], header: str = HEADER, *, closed: bool = True) -> Path:
    """Write a day's files of counts, `shelf,pieces,words` a line, and the manifest; return the folder."""
    mark = counts.path(root, day)
    mark.parent.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (mark.parent / name).write_text("".join(f"{line}\n" for line in [header, *lines]), encoding="utf-8")
    if closed:
        mark.write_text("".join(f"{name}\n" for name in sorted(files)), encoding="utf-8")
    return mark.parent


def write_shelves(root: Path, day: dt.date, kinds: Sequence[tuple[int | None, str | None]]) -> Path:
    """Write a day's shelves: number and kind of each."""
    path = shelves.path(root, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"shelf": pa.array([shelf for shelf, _ in kinds], pa.int64()), "kind": pa.array([kind for _, kind in kinds], pa.string())}), path)
    return path


def write_day(root: Path, day: dt.date, lines: Sequence[str] | None = None, kinds: Sequence[tuple[int | None, str | None]] | None = None) -> None:
    """Write all of a day: two people's counts and one shelf, unless told otherwise."""
    lines = ["1,10,all good", "2,20,"] if lines is None else lines
    write_counts(root, day, {"anna.csv": lines[::2], "ben.csv": lines[1::2]})
    write_shelves(root, day, [(1, "tea"), (2, "rice")] if kinds is None else kinds)


def write_days(root: Path, length: int) -> list[dt.date]:
    """Write some days in which counts change from day to day; return them."""
    days = [day_of(n) for n in range(length)]
    for n, day in enumerate(days):
        write_day(root, day, [f"1,{10 + n},", f"2,{20 + 2 * n % 7},half empty", "3,5,"], [(1, "tea"), (2, "rice")] if n == 0 else [])
    return days
