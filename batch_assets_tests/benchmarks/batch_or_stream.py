"""Batch or stream: the same events of a day by the daily batch, micro-batches, Spark's structured streaming, and Beam; what each costs, and when one may read.

A day of the demo's till lines is landed a minute at a time, as it is and a hundredfold; then each way makes of the same segments what it makes.
What should be equal is compared: rows by content hash, sales of the day by their sums. Spark and Beam are optional, and told of if they are not there.

Belongs here: what is compared. Does not belong here: what a late event costs (`late.py`), and landing itself (`landing.py`).
"""

import datetime as dt
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from batch_assets import partitions
from batch_assets.engine.canonical import content_of
from batch_assets.streams.lander import PATIENCE
from batch_assets.streams.tills import tills

from ..engine.spark.cluster.processes import missing, of_whole_spark
from .bars import Bar, median, print_table
from .landed import DAY, Landing, known, lake_without, sent_on
from .meter import Usage, metered
from .workshop import Place, Workshop, tell

SCALES = (1, 100)
TIMES = 3
MINUTES = 12
"""Minutes with events that Spark's query follows; the first half are for warming up."""

DAY_SECONDS, MINUTES_A_DAY = 86_400, 1_440
LOOK, CLOSING = tills.every, PATIENCE.total_seconds()
"""Seconds between looks of a lander, and from the end of a day until it closes it."""

SENSOR, MICRO_BATCH, TRIGGER = 30.0, 300.0, 60.0
"""Seconds between looks of the sensor `day_closed`, between two micro-batches, and between two triggers of Spark's query, each by default."""

BEAM = Path(sys.prefix) / "beam" / "bin" / "python"
BATCH, MICRO, SPARK, PIPELINE = "daily batch", "micro-batches", "Spark streaming", "Beam"

_BATCHES = (
    ("till_lines", "till lines", 'key:"marts/till_lines"'),
    ("demand_forecast", "all up to forecasts", '+key:"predictions/demand_forecast" and not group:lake'),
)


@dataclass(frozen=True)
class Took:
    """What a way took for a day of events.

    Attributes:
        way: the way.
        makes: what it makes.
        usage: what its processes took.
        left: the bytes that it left on the disk.
        files: the files in which they are.
    """

    way: str
    makes: str
    usage: Usage
    left: int
    files: int


@dataclass
class Measured:
    """The figures of a day.

    Attributes:
        events: events of the day.
        landed: sizes of its segments, in bytes.
        until_the_end: seconds from an event to the day's end, mean and most.
        took: what each way took.
        work: seconds of work between the last wait and what can be read, by way.
        day: CPU seconds of a day of each way that runs while the day lasts, from the landed minutes.
    """

    events: int
    landed: Sequence[int]
    until_the_end: tuple[float, float]
    took: list[Took]
    work: dict[str, float]
    day: dict[str, float]


def measure(workshop: Workshop) -> list[Bar]:
    """Print what each way takes and when its results can be read. There is no bar; what is not equal is an error."""
    for lacking in (why for why in (no_spark(), no_beam()) if why):
        print(f"  not measured: {lacking}")
    days = [_Day(workshop, times).measured() for times in SCALES]
    for day in days:
        _print_costs(day)
    _print_slopes(days)
    _print_latencies(days)
    return []


def no_spark() -> str | None:
    """Return why Spark is not measured; None if it is."""
    return f"{SPARK}: {why}. Run make cluster" if (why := missing()) else None


def no_beam() -> str | None:
    """Return why Beam is not measured; None if it is."""
    return None if BEAM.exists() else f"{PIPELINE}: it is not installed. Run make beam"


class _Day:
    """A day of events, each so often, and what is made of it."""

    def __init__(self, workshop: Workshop, times: int) -> None:
        self._times, self._source = times, workshop.lake
        self.folder = workshop.folder / f"batch_or_stream_{times}"
        self.lake = lake_without(workshop.lake, [DAY], self.folder / "lake")
        self._known = Place(known(workshop).folder, self.lake)
        self.sent = sent_on(workshop.lake, DAY, times)
        self._took, self._work, self._day = list[Took](), dict[str, float](), dict[str, float]()

    def measured(self) -> Measured:
        """Land the day, and make of it all that is made."""
        tell(f"{DAY}: {len(self.sent):,} events")
        landing = Landing(self.lake, DAY, self.sent)
        so_far = self._micro_batches(landing)
        landing.close()
        self._batch(so_far)
        if not no_spark():
            self._spark(landing.segments)
        if not no_beam():
            self._beam()
        waits = [(partitions.end_of(DAY) - each.at).total_seconds() for each in self.sent]
        return Measured(len(self.sent), _sizes(landing.folder), (sum(waits) / len(waits), max(waits)), self._took, self._work, self._day)

    def _place(self, name: str) -> Place:
        """Return a warehouse that has all that was published before the day."""
        return self._known.copied(self.folder / name)

    def _micro_batches(self, landing: Landing) -> Mapping[str, int]:
        """Make a part of half of the day's events, and one of all of them; return the sums of the second."""
        place = self._place("micro")
        parts = dict[int, Usage]()
        for until in (self.sent[len(self.sent) // 2].at, partitions.end_of(DAY)):
            landing.until(until)
            tell(f"{MICRO}: a part of {landing.landed:,} events, {TIMES} times")
            command = [sys.executable, "-m", "batch_assets", "today"]
            parts[landing.landed] = _middle([metered(command, place.environment(), place.folder) for _ in range(TIMES)])
        (half, usage_of_half), (all_of_it, usage) = parts.items()
        file = place.folder / "published" / "today" / "sales_today.parquet"
        self._took.append(Took(MICRO, "sales so far, once", usage, file.stat().st_size, 1))
        self._work[MICRO] = usage.seconds
        self._day[MICRO] = of_all_parts([each.at for each in self.sent], (half, usage_of_half.cpu), (all_of_it, usage.cpu))
        rows = pq.read_table(file)
        return {name: pc.sum(rows[name]).as_py() for name in ("units", "lines", "amount_cents")}

    def _batch(self, so_far: Mapping[str, int]) -> None:
        """Publish the day, once the mart alone, once up to the forecasts; check that what was seen while it lasted is what it has."""
        for name, makes, selected in _BATCHES:
            tell(f"{BATCH}: {makes}, {TIMES} times")
            usages = list[Usage]()
            for number in range(TIMES):
                place = self._place(f"{name}_{number}")
                before = _sizes(place.folder)
                materialize = [str(Path(sys.executable).with_name("dagster")), "asset", "materialize", "-m", "batch_assets.definitions"]
                usages.append(metered([*materialize, "--select", selected, "--partition", str(DAY)], place.environment(), place.folder))
                after = _sizes(place.folder)
            self._took.append(Took(BATCH, makes, _middle(usages), sum(after) - sum(before), len(after) - len(before)))
            self._work[f"{BATCH}, {makes}"] = _middle(usages).seconds
        query = f"select sum(units), sum(lines), sum(amount_cents) from marts.category_day_sales where batch_date = '{DAY}' and sold_on = '{DAY}'"
        with self._published.warehouse.connect() as con:
            (sums,) = con.con.execute(query).fetchall()
        if list(so_far.values()) != [int(each) for each in sums]:
            raise RuntimeError(f"seen while the day lasted: {so_far}; the batch has {sums}")

    def _spark(self, minutes: int) -> None:
        """Make the till lines of all segments, and of some that come while the query runs; the day has events in so many minutes."""
        tell(f"{SPARK}: all segments, then {MINUTES} minutes with events, and one with none")
        folder = self.folder / "spark"
        arguments = [str(self.lake), str(DAY), str(folder), str(self._source), str(self._times), str(MINUTES), str(time.monotonic())]
        command = [sys.executable, "-m", f"{__package__}.spark_query", "rows", *arguments]
        usage = metered(command, of_whole_spark(self._known.environment()), self.folder)
        told: dict[str, Any] = json.loads(usage.output)
        self._check("marts.till_lines", folder / "made.parquet")
        whole = Usage(told["seconds"], told["cpu"], usage.peak)
        left = _sizes(folder / "all")
        self._took.append(Took(SPARK, "till lines", whole, sum(left), len(left)))
        self._work[SPARK] = median(told["seconds of triggers"])
        self._day[SPARK] = told["cpu of start"] + minutes * told["cpu of a trigger"] + (MINUTES_A_DAY - minutes) * told["cpu of a minute of nothing"]

    def _beam(self) -> None:
        """Make the forecasts of the day by the pipeline."""
        tell(f"{PIPELINE}: {TIMES} times")
        usages = list[Usage]()
        for number in range(TIMES):
            made = self.folder / f"beam_{number}"
            (made / "known").mkdir(parents=True)
            where = {"--known": made / "known", "--output": made / "forecasts", "--lake": self.lake}
            options = [part for name, value in where.items() for part in (name, str(value))]
            usages.append(metered([str(BEAM), "-m", "batch_assets.beam", "--day", str(DAY), *options], self._known.environment(), made))
        self._check("predictions.demand_forecast", made / "forecasts-*.parquet")
        left = _sizes(made)
        self._took.append(Took(PIPELINE, "all up to forecasts", _middle(usages), sum(left), len(left)))
        self._work[PIPELINE] = _middle(usages).seconds

    @cached_property
    def _published(self) -> Place:
        """The warehouse in which the day was published up to the forecasts."""
        return Place(self.folder / f"demand_forecast_{TIMES - 1}", self.lake)

    def _check(self, asset: str, files: Path) -> None:
        """Check that some files have the content of the published batch."""
        with self._published.warehouse.connect() as con:
            made = content_of(con, f"(from read_parquet('{files}'))", DAY)
            ((published,),) = con.con.execute("select content from quality.batches where asset = ? and batch_date = ?", [asset, DAY]).fetchall()
        if made != published:
            raise RuntimeError(f"{files} has not the content of the batch of {asset}")


def of_all_parts(times: Sequence[dt.datetime], half: tuple[int, float], whole: tuple[int, float]) -> float:
    """Return the CPU seconds of all of a day's micro-batches, each of which reads the day so far.

    Args:
        times: when the day's events come, in order.
        half: a number of events, and the CPU seconds of a part of them.
        whole: the same of a larger part. What a part takes beside is taken to grow with its events.
    """
    an_event = (whole[1] - half[1]) / (whole[0] - half[0])
    begin = partitions.end_of(partitions.day_at(times[0]) - dt.timedelta(days=1))
    ends = [begin + dt.timedelta(seconds=MICRO_BATCH) * number for number in range(1, int(DAY_SECONDS / MICRO_BATCH) + 1)]
    return sum(whole[1] - an_event * (whole[0] - bisect_left(times, end)) for end in ends)


def _middle(usages: Sequence[Usage]) -> Usage:
    """Return the medians of several runs."""
    return Usage(median([each.seconds for each in usages]), median([each.cpu for each in usages]), median([each.peak for each in usages]))


def _sizes(folder: Path) -> list[int]:
    """Return the sizes of all files below a folder."""
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


def _print_costs(day: Measured) -> None:
    """Print what each way took for a day of events."""
    million = day.events / 1_000_000
    rows = [
        [
            f"{took.way}: {took.makes}",
            f"{took.usage.seconds:.1f}",
            f"{day.events / took.usage.seconds:,.0f}",
            f"{took.usage.cpu:.1f}",
            f"{took.usage.cpu / million:,.0f}",
            f"{took.usage.peak:,.0f}",
            f"{took.left / 1e6:.1f}",
            took.files,
        ]
        for took in day.took
    ]
    title = f"A day of {day.events:,} events, landed as {len(day.landed)} files of {sum(day.landed) / 1e6:.1f} MB; whole processes"
    print_table(title, ["", "seconds", "events/s", "CPU s", "CPU s per million events", "peak MB", "MB left", "files left"], rows)
    lasting = [[way, f"{used:,.0f}", f"{used / million:,.0f}"] for way, used in day.day.items()]
    print_table("The same day while it lasts, computed from parts of it", ["", "CPU s a day", "CPU s per million events"], lasting)


def _print_slopes(days: Sequence[Measured]) -> None:
    """Print what a way takes for events alone: the difference of the largest and the smallest day."""
    few, many = days[0], days[-1]
    million = (many.events - few.events) / 1_000_000
    rows = [
        [
            f"{less.way}: {less.makes}",
            f"{million * 1e6 / (more.usage.seconds - less.usage.seconds):,.0f}",
            f"{(more.usage.cpu - less.usage.cpu) / million:,.0f}",
        ]
        for less, more in zip(few.took, many.took, strict=True)
    ]
    print_table("Without what a day of no events takes: the difference of both days", ["", "events/s", "CPU s per million events"], rows)


def latencies(day: Measured) -> list[tuple[str, float, float, float, float, float]]:
    """Return, by way, the seconds until an event has landed, and until work on it begins, on average; those of the work; and all, on average and at most."""
    mean, most = day.until_the_end
    looks = (LOOK / 2, LOOK)
    found = []
    for way, work in day.work.items():
        while_it_lasts = {MICRO: MICRO_BATCH, SPARK: TRIGGER}.get(way)
        landed = looks if while_it_lasts else (mean + CLOSING + LOOK / 2, most + CLOSING + LOOK)
        begun = while_it_lasts or SENSOR
        found.append((way, landed[0], begun / 2, work, landed[0] + begun / 2 + work, landed[1] + begun + work))
    return found


def _print_latencies(days: Sequence[Measured]) -> None:
    rows = [[f"{way}, {day.events:,} events", *(f"{each:,.1f}" for each in seconds)] for day in days for way, *seconds in latencies(day)]
    print_table("Seconds from an event until it can be read", ["", "until landed", "until begun", "work", "mean", "most"], rows)
