"""Speed: whole processes, as a scheduler or a person starts them, including import time.

One day: the whole chain of the demand forecast on a day without training, compared with an empty Dagster asset (both with the in-process executor).
90 days: one range run of this chain with its 13 trainings, compared with the same graph in tutorial style
(`tutorial.py`), which needs one run per day. The latter is extrapolated from three runs: a Monday, which trains, stands for 13 days,
and the mean of the next two days for the other 77. The range run takes place between them. Both start with the same history, and
their forecasts are compared.
"""

import datetime as dt
import shutil
from pathlib import Path

import duckdb

from .bars import Bar, interleaved, median, print_table
from .workshop import CHAIN, HISTORY_ENDS, Place, Workshop, tell

DAY = HISTORY_ENDS
FIRST = HISTORY_ENDS + dt.timedelta(days=1)
DAYS, TRAININGS = 90, 13
LAST = FIRST + dt.timedelta(days=DAYS - 1)
TUTORIAL_DAYS = [FIRST + dt.timedelta(days=n) for n in range(3)]
TIMES = 5

_PACKAGE = "batch_assets_tests.benchmarks"
_OURS = ("batch_assets.definitions", "--select", '+key:"predictions/demand_forecast" and not group:lake')


def measure(workshop: Workshop) -> list[Bar]:
    """Print the seconds and return the bars."""
    bars = [_one_day(workshop), _ninety_days(workshop)]
    _tell_snapshot(workshop)
    return bars


def _one_day(workshop: Workshop) -> Bar:
    """Publish a day again, whose upstreams and model are there, and run an empty asset, in turn. All have the same Dagster settings."""
    place, empty = workshop.history.copied(workshop.folder / "day"), workshop.empty("empty")
    tell(f"the chain of {DAY} and an empty asset, {TIMES + 1} times each")
    seconds = interleaved(
        TIMES,
        {
            "the chain of one day": lambda: place.run_dagster(*_OURS, "--partition", DAY.isoformat()),
            "an empty asset": lambda: empty.run_dagster(f"{_PACKAGE}.empty", "--select", "nothing"),
            "an empty asset that imports the chain's libraries": lambda: empty.run_dagster(f"{_PACKAGE}.empty", "--select", "nothing_but_imports"),
        },
    )
    rows = [[name, f"{median(times):.2f}", f"{min(times):.2f}", f"{max(times):.2f}"] for name, times in seconds.items()]
    print_table(f"One day as a whole process, {TIMES} times", ["seconds", "median", "least", "most"], rows)
    chain, empty_asset, _ = (median(times) for times in seconds.values())
    return Bar("one day of the chain beside an empty asset: time", chain / empty_asset, most=2.0)


def _tell_snapshot(workshop: Workshop) -> None:
    """Print what a copy of the warehouse for those who analyse takes, as a command."""
    place = workshop.later
    cost = place.snapshot()
    sizes = [path.stat().st_size / 1e6 for path in (Path(place.warehouse.database), Path(place.warehouse.published) / "warehouse.duckdb")]
    tell(f"a snapshot of a warehouse of {sizes[0]:.0f} MB takes {cost.seconds:.1f} s, {cost.peak:.0f} MB of memory, and {sizes[1]:.0f} MB of disk")


def _ninety_days(workshop: Workshop) -> Bar:
    naive = _tutorial(workshop)
    single = [_run_tutorial(naive, TUTORIAL_DAYS[0])]
    ours = workshop.later
    tell(f"the project, one range run: {FIRST}..{LAST}")
    seconds = ours.run_dagster(*_OURS, "--partition-range", f"{FIRST}...{LAST}").seconds
    single += [_run_tutorial(naive, day) for day in TUTORIAL_DAYS[1:]]
    other = sum(single[1:]) / len(single[1:])
    extrapolated = TRAININGS * single[0] + (DAYS - TRAININGS) * other
    print_table(
        f"{DAYS} days, of which {TRAININGS} train a model",
        ["", "seconds"],
        [
            ["tutorial: a day that trains", f"{single[0]:.1f}"],
            ["tutorial: another day, mean of 2", f"{other:.1f}"],
            [f"tutorial: {TRAININGS} + {DAYS - TRAININGS} days, extrapolated", f"{extrapolated:.0f}"],
            [f"project: {DAYS} days, measured", f"{seconds:.1f}"],
        ],
    )
    rows, furthest = _compare(ours, naive)
    print(f"  the same forecasts: {rows:,} rows of {len(TUTORIAL_DAYS)} days, largest difference {furthest:g} pieces")
    return Bar(f"{DAYS} days beside the tutorials' style: times faster", extrapolated / seconds, least=50)


def _run_tutorial(naive: Place, day: dt.date) -> float:
    tell(f"the tutorials' style, one run: {day}")
    return naive.run_dagster(f"{_PACKAGE}.tutorial", "--select", "*", "--partition", day.isoformat()).seconds


def _tutorial(workshop: Workshop) -> Place:
    """Return a place with the history's rows as the tutorial's I/O manager would have written them, and the trained models."""
    place, history = workshop.empty("tutorial"), workshop.history.folder
    shutil.copytree(history / "models", place.folder / "models")
    with duckdb.connect(str(place.folder / "warehouse.duckdb")) as con:
        con.execute(f"attach '{history / 'warehouse.duckdb'}' as past (read_only)")
        for table in CHAIN:
            columns = ", ".join(f'"{name}"' for name in table.contract.columns())
            con.execute(f"create schema if not exists {table.layer}")
            con.execute(f"create table {table.layer}.{table.name} as select {columns} from past.{table.layer}.{table.name}")
        con.execute("create schema history")
        con.execute("create table history.ledger as select asset, batch_date, content from past.quality.batches")
    return place


def _compare(ours: Place, naive: Place) -> tuple[int, float]:
    """Return how many forecasts both made, and the largest difference; infinite if one has rows that the other has not."""
    with duckdb.connect() as con:
        for name, place in {"ours": ours, "naive": naive}.items():
            con.execute(f"attach '{place.folder / 'warehouse.duckdb'}' as {name} (read_only)")
        ((rows, furthest),) = con.execute(
            """select count(*), max(coalesce(abs(o.units - n.units), 'infinity'::double))
            from (from ours.predictions.demand_forecast where batch_date between $1 and $2) o
            full join (from naive.predictions.demand_forecast where batch_date between $1 and $2) n using (batch_date, category, target_date)""",
            [TUTORIAL_DAYS[0], TUTORIAL_DAYS[-1]],
        ).fetchall()
    return rows, furthest
