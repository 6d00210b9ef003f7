"""Memory: the peak of a process that publishes a month at once, compared with one that publishes a single day of it.

The lake has 250,000 till lines a day: the demo's lines, each about fifty times, with different receipt numbers. Both processes run
the same command line on the marts, and both start with the same published days.
"""

import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path

from batch_assets.partitions import days_between

from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Place, Workshop, tell

LINES = 250_000
DAYS = days_between(YEAR_BEGINS, YEAR_BEGINS + dt.timedelta(days=29))
_MARTS = ("batch_assets.definitions", "--select", "group:marts")


def measure(workshop: Workshop) -> list[Bar]:
    """Print the peaks and return the bar."""
    lake = workshop.folder / "large_lake"
    tell(f"writing {len(DAYS)} days of {LINES:,} till lines")
    for day in DAYS:
        _enlarge(workshop.lake, lake, day)
    place = Place(workshop.empty("memory").folder, lake)
    tell("publishing the first day, then all days at once")
    one = place.run_dagster(*_MARTS, "--partition", DAYS[0].isoformat())
    all_days = place.run_dagster(*_MARTS, "--partition-range", f"{DAYS[0]}...{DAYS[-1]}")
    print_table(
        f"Publishing the marts of {LINES:,} till lines a day, whole processes",
        ["", "seconds", "peak MB", "lines/s"],
        [
            ["one day", f"{one.seconds:.1f}", f"{one.peak:.0f}", f"{LINES / one.seconds:,.0f}"],
            [f"{len(DAYS)} days", f"{all_days.seconds:.1f}", f"{all_days.peak:.0f}", f"{LINES * len(DAYS) / all_days.seconds:,.0f}"],
        ],
    )
    return [Bar(f"peak memory of {len(DAYS)} days beside one day", all_days.peak / one.peak, most=1.5)]


def _enlarge(small: Path, large: Path, day: dt.date) -> None:
    """Write a day's files with so many till lines."""
    catalogue, till = GRAPH.source("catalogue"), GRAPH.source("pos_log")
    for source in (catalogue, till):
        source.path(large, day).parent.mkdir(parents=True, exist_ok=True)
    catalogue.path(large, day).write_bytes(catalogue.path(small, day).read_bytes())
    with gzip.open(till.path(small, day), "rb") as file:
        header, *lines = file.read().splitlines(keepends=True)
    with gzip.open(till.path(large, day), "wb", compresslevel=1) as file:
        file.write(header)
        file.writelines(_repeated(lines))


def _repeated(lines: list[bytes]) -> Iterator[bytes]:
    """Yield lines again and again, each time of other receipts."""
    for number in range(LINES):
        receipt, comma, rest = lines[number % len(lines)].partition(b",")
        yield b"%s%03d%s%s" % (receipt, number // len(lines), comma, rest)
