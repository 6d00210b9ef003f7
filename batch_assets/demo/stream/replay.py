"""A replay: a day's events are sent, and landed while they come, until the day is closed."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...settings import settings
from ...streams.health import note
from ...streams.lander import Lander
from ...streams.manifest import newest
from ...streams.tills import tills
from .clock import ReplayedBroker, clock_from_now
from .tills import Sent, send

LOOK = 1.0
"""Seconds of ours between looks at what has come."""

_TOLD = dt.timedelta(hours=2)
"""Time of the replay between two lines that tell how far it is."""


def replay(sent: Sequence[Sent], lake: Path, address: str, day: dt.date, speed: int, look: Callable[[], str], tell: Callable[[str], None]) -> None:
    """Send a day's events and land them; return when the day is closed.

    Args:
        sent: the events, by time.
        lake: where they are landed.
        address: the broker.
        day: the batch day.
        speed: how many times faster than ours the replay's clock goes.
        look: makes what is seen of the day so far, and returns a line of it.
        tell: receives a line every two hours of the replay, and at the end.

    Raises:
        ConnectionError: the broker did not take all of them.
        LakeError: something else was landed before.
        StorageError: the broker does not answer.
    """
    clock, closed = clock_from_now(day, speed), lake / tills.closing.format(day=day)
    tells_at = clock.now() + _TOLD
    with (
        ThreadPoolExecutor(1) as pool,
        ReplayedBroker(address, tills.topic, clock) as broker,
        Lander(tills, lake, broker, clock.now).alone() as lander,
    ):
        sending = pool.submit(send, sent, address, tills.topic, clock)
        while not closed.exists():
            if sending.done():
                sending.result()
            told = list(lander.land())
            if clock.now() > tells_at and (manifest := newest(tills, lake)) and manifest.day == day:
                note(tills.days(lake), lander.state())
                tell(f"{clock.now().astimezone(settings.zone):%Y-%m-%d %H:%M}: {manifest.rows:,} lines landed, {len(manifest.segments)} segments; {look()}")
                tells_at += _TOLD
            if not closed.exists():
                time.sleep(LOOK)
        tell(told[-1])
