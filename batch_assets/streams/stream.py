"""Streams whose events are landed: a topic of Kafka, or a subscription of Pub/Sub.

Their days are raw files for a `LakeFile` with the stream's `pattern` and `closing`, and the format `Events`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CLOSED = "CLOSED"
"""The file that marks a day as complete; it lists the day's segments."""

MANIFEST = "segments.json"
"""The file that says which segments of a day there are, while it lasts and afterwards."""


@dataclass(frozen=True)
class Landed:
    """Where the days of a stream lie.

    Attributes:
        name: the name by which it is landed, and of its module.
        folder: the folder of its days, relative to the lake's root.
        every: seconds between two looks at a stream of which all was landed. What has come since becomes a segment of its own, so a second would make
            a day of 86,400 files.
    """

    name: str
    folder: str
    every: float = field(default=60.0, kw_only=True)

    @property
    def pattern(self) -> str:
        """The path of a day's segments below the lake's root, as a `LakeFile` has it."""
        return f"{self.folder}/{{day}}/*.jsonl.gz"

    @property
    def closing(self) -> str:
        """The path of a day's closing mark, as a `LakeFile` has it."""
        return f"{self.folder}/{{day}}/{CLOSED}"

    @property
    def so_far(self) -> str:
        """The path of a day's manifest, as a `LakeFile` has it."""
        return f"{self.folder}/{{day}}/{MANIFEST}"

    def days(self, root: Path) -> Path:
        """Return the folder of its days."""
        return root / self.folder


@dataclass(frozen=True)
class Stream(Landed):
    """A topic of Kafka that is landed.

    Attributes:
        name: the name by which it is landed, and of its module.
        folder: the folder of its days, relative to the lake's root.
        topic: the topic's name.
        brokers: returns the addresses of brokers, as HOST:PORT,…, which are a setting.
        events: events that a segment has at most.
    """

    topic: str
    brokers: Callable[[], str]
    events: int = 200_000


@dataclass(frozen=True)
class Subscription(Landed):
    """A subscription of Pub/Sub that is landed.

    Attributes:
        name: the name by which it is landed, and of its module.
        folder: the folder of its days, relative to the lake's root.
        path: returns the subscription's path, projects/PROJECT/subscriptions/NAME, which is a setting.
        events: events that a segment has at most.
    """

    path: Callable[[], str]
    events: int = 200_000
