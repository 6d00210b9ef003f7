"""A lander as a process of its own: it lands what comes until it is asked to end, and tells in a line a minute how it is.

Belongs here: when to look, and what to tell. Does not belong here: what is landed (`lander.py`, `subscribed.py`).
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from ..errors import StorageError
from .health import note
from .opened import Landing, opened
from .stream import Landed

LEAST_PAUSE = 1.0
"""Half of the seconds after which a broker that does not answer is asked again."""

HEALTH = 60.0
"""Seconds between two lines that tell how it is."""

MOST_PAUSE = 60.0
"""Seconds after which a broker that does not answer is asked again, at most."""


def land_once(stream: Landed, root: Path, tell: Callable[[str], None]) -> None:
    """Land all that there is, and close the days that are over.

    Raises:
        LakeError: another process lands the stream, or the topic is not what was landed before.
        StorageError: the broker does not answer, or the disk is full.
    """
    with opened(stream, root) as lander:
        for line in lander.land():
            tell(line)
        _note(stream, root, lander)
        tell(lander.health())


def serve(stream: Landed, root: Path, tell: Callable[[str], None], ends: Event) -> None:
    """Land what comes until `ends` is set; wait for a broker that does not answer.

    Raises:
        LakeError: another process lands the stream, or the topic is not what was landed before.
    """
    told_at, pause = -HEALTH, LEAST_PAUSE
    with opened(stream, root) as lander:
        while not ends.is_set():
            try:
                for line in lander.land():
                    tell(line)
                    _note(stream, root, lander)
                    if ends.is_set():
                        return
                _note(stream, root, lander)
                if time.monotonic() - told_at >= HEALTH:
                    tell(lander.health())
                    told_at = time.monotonic()
                pause = LEAST_PAUSE
                ends.wait(stream.every)
            except StorageError as error:
                pause = min(2 * pause, MOST_PAUSE)
                tell(f"{str(error).removesuffix('.')}. It is asked again in {pause:.0f} s.")
                ends.wait(pause)


def _note(stream: Landed, root: Path, lander: Landing) -> None:
    """Note how the lander is, for those who look at it from outside."""
    note(stream.days(root), lander.state())
