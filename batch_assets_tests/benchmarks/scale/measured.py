"""A day made in one way: copied from a common past, published by a command of its own, watched, and taken down.

All ways begin with the same published past and the same models, and must publish the same contents.
"""

import datetime as dt
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from batch_assets.warehouse.connection import Warehouse

from ..workshop import Place, Workshop, run_process, tell
from .lakes import enlarged
from .watched import watched
from .ways import FILE, WAYS, ready

DAY = dt.date(2017, 7, 12)
"""A Wednesday: its model is that of the Monday before, which is trained once, in the common past."""

CHAIN = "demand_forecast"


@dataclass(frozen=True)
class Figure:
    """What a day of so many lines took in a way.

    Attributes:
        way: one of `WAYS`.
        lines: the till lines of the day.
        seconds: from the command to its end; what stands ready for it had been started.
        cpu: CPU seconds of all processes of a kind, by kind.
        peaks: the most memory in MB of one process of a kind.
        whole: that of all processes at once.
        load: the machine's load when it began: processes that wanted to run, a minute's mean.
        contents: the content hash of each table.
    """

    way: str
    lines: int
    seconds: float
    cpu: Mapping[str, float]
    peaks: Mapping[str, float]
    whole: float
    load: float
    contents: Mapping[str, str]

    def written(self) -> str:
        """Return it as a line of text."""
        return json.dumps(asdict(self))


def read(file: Path) -> list[Figure]:
    """Return the figures that a file has: of each way and number of lines the last one."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = [Figure(**json.loads(line)) for line in lines]
    return list({(figure.way, figure.lines): figure for figure in found}.values())


@dataclass(frozen=True)
class Measurements:
    """A folder in which days are made."""

    workshop: Workshop

    @cached_property
    def past(self) -> Path:
        """What every way begins with, in a DuckDB file: the demand forecast of the day before, and all that it was made from."""
        return self._once("past", lambda folder: self._publish_past(folder, {}))

    @cached_property
    def past_in_tables(self) -> Path:
        """The same in Delta tables, with the same models."""

        def publish(folder: Path) -> None:
            shutil.copytree(self.past / "models", folder / "models")
            self._publish_past(folder, in_tables(folder))

        return self._once("past_in_tables", publish)

    def lake(self, lines: int) -> Path:
        """Return a lake whose day has so many lines."""
        return self._once(f"lake_{lines}", lambda folder: enlarged(self.workshop.lake, folder, DAY, lines))

    def _once(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return a folder, made unless it is there."""
        folder, making = self.workshop.folder / name, self.workshop.folder / f"{name}.making"
        if not folder.exists():
            tell(f"making {name}")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            make(making)
            making.rename(folder)
        return folder

    def _publish_past(self, folder: Path, told: Mapping[str, str]) -> None:
        run_process(_command((DAY - dt.timedelta(days=1)).isoformat()), {**Place(folder, self.workshop.lake).environment(), **told}, folder)

    def made(self, way: str, lines: int, memory_limit: str) -> Figure:
        """Make the day in a way; return what it took."""
        folder, lake = self.workshop.folder / f"{way}_{lines}", self.lake(lines)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.past if way == FILE else self.past_in_tables, folder)
        tell(f"{WAYS[way]}: a day of {lines:,} lines")
        told = {**Place(folder, lake, memory_limit).environment(), **({} if way == FILE else in_tables(folder))}
        with ready(way, folder) as standing:
            load = os.getloadavg()[0]
            took = watched(_command(DAY.isoformat()), {**told, **standing.told}, folder, standing.others)
        figure = Figure(way, lines, took.seconds, took.cpu, took.peaks, took.whole, load, _contents(folder, way))
        shutil.rmtree(folder)
        return figure


def _command(day: str) -> list[str]:
    return [sys.executable, "-m", "batch_assets", "up-to-date", "--select", CHAIN, "--from", day, "--to", day]


def in_tables(folder: Path) -> dict[str, str]:
    """Return what a process is told whose warehouse in a folder has Delta tables."""
    return {"BATCH_ASSETS_WAREHOUSE": str(folder / "warehouse")}


def _contents(folder: Path, way: str) -> dict[str, str]:
    """Return the content of each table that was published of the day."""
    at = folder / ("warehouse.duckdb" if way == FILE else "warehouse")
    warehouse = Warehouse(str(at), str(folder), str(folder / "published"), str(folder / "models"), lock_timeout=10)
    with warehouse.read_only() as con:
        return dict(con.con.execute("select asset, content from quality.batches where batch_date = ? order by 1", [DAY]).fetchall())


def disagreeing(figures: list[Figure]) -> Iterator[str]:
    """Yield a line for each number of lines of which two ways have published other contents."""
    for lines in sorted({figure.lines for figure in figures}):
        made = [figure for figure in figures if figure.lines == lines]
        for other in made[1:]:
            if wrong := sorted(table for table, content in other.contents.items() if made[0].contents.get(table) != content):
                yield f"{lines:,} lines: {WAYS[other.way]} and {WAYS[made[0].way]} differ in {', '.join(wrong)}"
