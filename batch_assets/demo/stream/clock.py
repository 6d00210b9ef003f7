"""The clock of a replay: a batch day that goes by faster than ours.

A broker stamps events with our time, by which the day would be today's. The lander of a replay is told the replay's time instead, for its own
clock and for the broker's stamps alike, so all that it decides is as on the day itself.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from ... import partitions
from ...streams.broker import Broker
from ...streams.manifest import Range
from ...streams.segment import Event

_MILLISECOND = dt.timedelta(milliseconds=1)


@dataclass(frozen=True)
class Clock:
    """Milliseconds of ours to milliseconds of the replay, and back.

    Attributes:
        began: our time at which the day began, in milliseconds since 1970.
        day: the batch day.
        speed: how many times faster than ours the replay's clock goes.
    """

    began: int
    day: dt.date
    speed: int

    def replayed(self, ours: int) -> int:
        """Return the replay's time."""
        return self._start + (ours - self.began) * self.speed

    def ours(self, replayed: int) -> int:
        """Return the first of our milliseconds at which it is that late in the replay, or later."""
        return self.began - (self._start - replayed) // self.speed

    def now(self) -> dt.datetime:
        """Return the time that it is now in the replay."""
        return dt.datetime.fromtimestamp(self.replayed(_milliseconds(dt.datetime.now(dt.UTC))) / 1000, dt.UTC)

    @property
    def _start(self) -> int:
        return _milliseconds(partitions.end_of(self.day - dt.timedelta(days=1)))


def clock_from_now(day: dt.date, speed: int) -> Clock:
    """Return a clock by which a day begins now."""
    return Clock(_milliseconds(dt.datetime.now(dt.UTC)), day, speed)


class ReplayedBroker(Broker):
    """A topic whose events were appended at the replay's time."""

    def __init__(self, addresses: str, topic: str, clock: Clock) -> None:
        """Take what a broker takes, and the clock."""
        super().__init__(addresses, topic)
        self._clock = clock

    def since(self, partition: int, when: dt.datetime) -> int | None:
        """Return the first offset that was appended at a time of the replay or later; None if there is none yet."""
        return super().since(partition, dt.datetime.fromtimestamp(self._clock.ours(_milliseconds(when)) / 1000, dt.UTC))

    def events(self, of: Range) -> Iterator[Event]:
        """Yield the events of a range, with the replay's times."""
        for event in super().events(of):
            yield Event(event.offset, self._clock.replayed(event.appended_at), event.key, event.value)


def _milliseconds(when: dt.datetime) -> int:
    return (when - dt.datetime.fromtimestamp(0, dt.UTC)) // _MILLISECOND
