"""A topic whose events are landed.

Its days are raw files for a `LakeFile` with the stream's `pattern` and `closing`, and the format `Events`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLOSED = "CLOSED"
"""The file that marks a day as complete; it lists the day's segments."""

MANIFEST = "segments.json"
"""The file that says which segments of a day there are, while it lasts and afterwards."""


@dataclass(frozen=True)
class Stream:
    """A topic that is landed.

    Attributes:
        name: the name by which it is landed, and of its module.
        folder: the folder of its days, relative to the lake's root.
        topic: the topic's name.
        brokers: returns the addresses of brokers, as HOST:PORT,…, which are a setting.
        events: events that a segment has at most.
    """

    name: str
    folder: str
    topic: str
    brokers: Callable[[], str]
    events: int = 200_000

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
