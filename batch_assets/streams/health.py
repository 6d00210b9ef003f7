"""How a lander is: what it noted last in a file, for those who look at it from outside.

They are Dagster, a watch over the process, and readers of a day that lasts. A note is of the moment: it is replaced whole, and need not outlast
a power cut. Does not belong here: how far a topic was landed, which the manifests say alone.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NOTE = ".health.json"
"""The file's name, in the folder of a stream's days."""


@dataclass(frozen=True)
class Health:
    """What a lander noted.

    Attributes:
        day: the open day.
        reaches: the time up to which all that was appended is landed; None if that was never so.
        lag: by partition, how many offsets the broker had that were not landed.
    """

    day: dt.date
    reaches: dt.datetime | None
    lag: Mapping[int, int]


def note(folder: Path, health: Health) -> None:
    """Replace the note in the folder of a stream's days."""
    text = {"day": str(health.day), "reaches": health.reaches.isoformat() if health.reaches else None, "lag": health.lag}
    unfinished = folder / f"{NOTE}.unfinished"
    unfinished.write_text(json.dumps(text), encoding="utf-8")
    unfinished.replace(folder / NOTE)


def noted(folder: Path) -> Health | None:
    """Return the last note in the folder of a stream's days; None if there is none that can be read."""
    try:
        told = json.loads((folder / NOTE).read_bytes())
        reaches = dt.datetime.fromisoformat(told["reaches"]) if told["reaches"] else None
        return Health(dt.date.fromisoformat(told["day"]), reaches, {int(partition): offsets for partition, offsets in told["lag"].items()})
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None
