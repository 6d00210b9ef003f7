"""The recipe: what the files of a demo lake depend on. It also marks a folder as a demo lake.

Belongs here: the arguments of a build, stored in the lake. Does not belong here: what the build wrote (`manifest.py`).
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .files import write

_MARK = ".demo.json"

VERSION = 1
"""The version of the builder; increment it with every change that alters the files."""


@dataclass(frozen=True)
class Recipe:
    """The arguments of `build`, and the version of the builder.

    Attributes:
        first: first store-local day.
        last: last store-local day, inclusive.
        households: the highest household number to include; None for all.
        dirtier: factor on the dirt rates of lines.
        version: the builder's version.
    """

    first: dt.date
    last: dt.date
    households: int | None
    dirtier: float
    version: int = VERSION

    def days(self) -> list[dt.date]:
        """Return every day of the range, open or not."""
        return [self.first + dt.timedelta(n) for n in range((self.last - self.first).days + 1)]

    def to_json(self) -> dict[str, Any]:
        """Return the recipe with its days as text."""
        return asdict(self) | {"first": str(self.first), "last": str(self.last)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Recipe":
        """Return the recipe that `to_json` wrote."""
        first, last = (dt.date.fromisoformat(found[name]) for name in ("first", "last"))
        return cls(first, last, found["households"], found["dirtier"], found["version"])

    @classmethod
    def of(cls, lake: Path) -> "Recipe | None":
        """Return the recipe that a lake was started with; None if it is not a demo lake."""
        mark = lake / _MARK
        return cls.from_json(json.loads(mark.read_bytes())) if mark.exists() else None

    def mark(self, lake: Path) -> None:
        """Store this recipe in a lake, which marks it as a demo lake."""
        write(lake / _MARK, json.dumps(self.to_json()).encode())
