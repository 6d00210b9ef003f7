"""A day that is landed without a broker, a segment for each minute in which something was sent, as a lander that looks once a minute leaves it."""

import datetime as dt
import os
import shutil
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from batch_assets import partitions
from batch_assets.demo.stream.tills import Sent, events
from batch_assets.lake.pos_log import pos_log
from batch_assets.streams.health import Health, note
from batch_assets.streams.manifest import Manifest, Range, close, save
from batch_assets.streams.segment import Event, write_segment
from batch_assets.streams.tills import tills

from .workshop import HISTORY_ENDS, Place, Workshop

DAY = HISTORY_ENDS + dt.timedelta(days=2)
"""A Tuesday: the model of its week is trained already."""

_MINUTE = dt.timedelta(minutes=1)


class Landing:
    """A day of till lines that is landed bit by bit."""

    def __init__(self, lake: Path, day: dt.date, sent: Sequence[Sent]) -> None:
        """Begin a day, of which nothing has landed yet, in a lake; `sent` is what is sent of it, by time."""
        self._lake, self._sent, self._taken, self.landed = lake, sent, 0, 0
        self.folder = tills.days(lake) / str(day)
        self.folder.mkdir(parents=True)
        self._manifest = Manifest(day, tills.topic, "", {0: 0})
        self._at, self._ends = partitions.end_of(day - dt.timedelta(days=1)), partitions.end_of(day)

    @property
    def segments(self) -> int:
        """The number of segments so far."""
        return len(self._manifest.segments)

    def until(self, when: dt.datetime) -> None:
        """Land what is sent before a time, a minute at a time."""
        while self._at < when:
            self._land_minute()
        self._tell()

    def next_minute(self) -> None:
        """Land the next minute in which something is sent."""
        landed = self.landed
        while self.landed == landed:
            self._land_minute()
        self._tell()

    def all(self) -> None:
        """Land all that is sent on the day, and leave it open."""
        self.until(self._ends)

    def late(self, come: Sequence[Sent]) -> None:
        """Land events that come now, as one more segment."""
        self._add(come)
        self._tell()

    def close(self) -> None:
        """Close the day; or close it again, with what was added since."""
        closed = replace(self._manifest, ends=self._manifest.positions)
        save(closed, tills, self._lake)
        close(closed, tills, self._lake)

    def _land_minute(self) -> None:
        self._at += _MINUTE
        first, self._taken = self._taken, bisect_left(self._sent, self._at, self._taken, key=lambda each: each.at)
        if come := self._sent[first : self._taken]:
            self._add(come)

    def _add(self, come: Sequence[Sent]) -> None:
        of = Range(0, self.landed, self.landed + len(come))
        numbered = [Event(of.first + n, int(each.at.timestamp() * 1000), each.key, each.value) for n, each in enumerate(come)]
        self._manifest = self._manifest.with_segment(write_segment(self.folder, tills.topic, of, numbered))
        self.landed = of.next

    def _tell(self) -> None:
        save(self._manifest, tills, self._lake)
        note(tills.days(self._lake), Health(self._manifest.day, self._at, {0: 0}))


@cache
def known(workshop: Workshop) -> Place:
    """Return a warehouse in which all is published that was known before `DAY`; copy it, and change the copy."""
    place = workshop.history.copied(workshop.folder / "known")
    place.bring_up_to_date("demand_forecast", DAY - dt.timedelta(days=1), DAY - dt.timedelta(days=1))
    return place


def lake_without(lake: Path, days: Sequence[dt.date], folder: Path) -> Path:
    """Return a lake with the same files as another, but for the till files of some days."""
    shutil.copytree(lake, folder, copy_function=os.symlink)
    for day in days:
        pos_log.path(folder, day).unlink()
    return folder


def sent_on(lake: Path, day: dt.date, times: int = 1) -> list[Sent]:
    """Return what the tills of so many retailers like the demo's would have sent of a day: each line so often, with receipts of its own."""
    return [each for one in events(lake, pos_log.path(lake, day), day) for each in _repeated(one, times)]


def but_one(sent: Sequence[Sent]) -> tuple[list[Sent], Sent, dict[str, Any]]:
    """Return a day's events without one of its first tenth, then that one, as it comes at the day's end, and its row."""
    at = len(sent) // 10
    others, one = [*sent[:at], *sent[at + 1 :]], replace(sent[at], at=sent[-1].at)
    return others, one, orjson.loads(one.value)


def _repeated(sent: Sent, times: int) -> Iterator[Sent]:
    yield sent
    for number in range(1, times):
        try:
            row = orjson.loads(sent.value)
        except orjson.JSONDecodeError:
            yield sent
        else:
            yield replace(sent, value=orjson.dumps({**row, "receipt_id": f"{row['receipt_id']}{number:03}"}))
