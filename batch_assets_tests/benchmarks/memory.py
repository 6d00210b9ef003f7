"""Memory: the peak of a process that publishes a month at once, compared with one that publishes a single day of it; and of one that publishes a year.

The month's lake has 250,000 till lines a day: the demo's lines, each about fifty times, with different receipt numbers. Both processes run
the same command line on the marts of the demand forecast, and both start with the same published days.

The year is the demo's, from raw files to forecasts in one command; once as it is, and once with a catalogue in which each category is
several, by the numbers of its products.
"""

import datetime as dt
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from batch_assets.partitions import days_between

from .bars import Bar, print_table
from .workshop import GRAPH, YEAR_BEGINS, Place, Workshop, tell

LINES = 250_000
DAYS = days_between(YEAR_BEGINS, YEAR_BEGINS + dt.timedelta(days=29))
_MARTS = ("batch_assets.definitions", "--select", '+key:"predictions/demand_forecast" and group:marts')
FIRST_FORECAST, LAST = dt.date(2017, 11, 6), dt.date(2017, 12, 26)
CATEGORIES = 782
"""At least so many categories has the catalogue of the second year."""


def measure(workshop: Workshop) -> list[Bar]:
    """Print the peaks and return the bars."""
    return [_month(workshop), *_years(workshop)]


def _month(workshop: Workshop) -> Bar:
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
    return Bar(f"peak memory of {len(DAYS)} days beside one day", all_days.peak / one.peak, most=1.5)


def _years(workshop: Workshop) -> list[Bar]:
    many = workshop.folder / "many_categories"
    tell(f"writing a lake of at least {CATEGORIES} categories")
    found = _divided(workshop.lake, many)
    bars, rows = [], []
    for name, lake, most in (("demo", workshop.lake, 1200), (f"{found} categories", many, 2000)):
        tell(f"publishing a year at once: {name}")
        cost = Place(workshop.empty(f"year_{most}").folder, lake).bring_up_to_date("demand_forecast", FIRST_FORECAST, LAST)
        rows.append([name, f"{cost.seconds:.0f}", f"{cost.peak:.0f}"])
        bars.append(Bar(f"peak memory of a year at once, {name}: MB", cost.peak, most=most))
    print_table(f"Everything up to the forecasts of {FIRST_FORECAST}..{LAST}, one command", ["", "seconds", "peak MB"], rows)
    return bars


def _divided(small: Path, large: Path) -> int:
    """Write a lake with the same till lines and a catalogue of more categories; return how many it has."""
    catalogue = GRAPH.source("catalogue")
    for same in (GRAPH.source("pos_log"), GRAPH.source("promotion_plan")):
        same.path(large, YEAR_BEGINS).parent.parent.mkdir(parents=True)
        same.path(large, YEAR_BEGINS).parent.symlink_to(same.path(small, YEAR_BEGINS).parent.resolve())
    catalogue.path(large, YEAR_BEGINS).parent.mkdir(parents=True)
    names, parts = set[str](), 1
    for path in sorted(catalogue.path(small, YEAR_BEGINS).parent.iterdir()):
        lines = path.read_bytes().splitlines(keepends=True)
        if not names:
            parts = -(-CATEGORIES // len({row["category"] for row in map(_product, lines) if row}))
        with (catalogue.path(large, YEAR_BEGINS).parent / path.name).open("wb") as file:
            for line in lines:
                if (row := _product(line)) and row["category"]:
                    row["category"] = f"{row['category']} {row['product_id'] % parts}"
                    names.add(row["category"])
                    line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
                file.write(line)
    return len(names)


def _product(line: bytes) -> dict[str, Any] | None:
    """Return a line's product; None if it is none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("product_id"), int) else None


def _enlarge(small: Path, large: Path, day: dt.date) -> None:
    """Write a day's files with so many till lines."""
    till, others = GRAPH.source("pos_log"), (GRAPH.source("catalogue"), GRAPH.source("promotion_plan"))
    for source in (till, *others):
        source.path(large, day).parent.mkdir(parents=True, exist_ok=True)
    for source in others:
        source.path(large, day).write_bytes(source.path(small, day).read_bytes())
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
