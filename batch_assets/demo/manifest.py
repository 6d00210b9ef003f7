"""The manifest: what was built, and every instance of dirt in it. The pipeline never reads it; tests do.

Belongs here: the structure of the manifest, reading and writing it. Does not belong here: what counts as dirt.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .files import write
from .recipe import Recipe

Instance = dict[str, int | str]
"""One instance of dirt: `line` (its 1-based number in the file), and what identifies the row.

`raw` is the line verbatim, with bytes that are not UTF-8 as lone surrogates (the error handler `surrogateescape`)."""

Entry = dict[str, Any]
"""The contents of one file, as JSON."""


@dataclass
class Manifest:
    """The contents of a lake.

    Attributes:
        recipe: the arguments that the files were built from.
        complete: whether every open day of the range has been written.
        days: by day, the entries of its files: `sales`, `catalogue`, and those of `departments.py`; only days that have been written.
    """

    recipe: Recipe
    complete: bool = False
    days: dict[dt.date, dict[str, Entry]] = field(default_factory=dict[dt.date, dict[str, Entry]])

    @classmethod
    def read(cls, path: Path) -> "Manifest | None":
        """Return the manifest of an earlier build, or None."""
        if not path.exists():
            return None
        found = json.loads(path.read_bytes())
        days = {dt.date.fromisoformat(day): entries for day, entries in found["days"].items()}
        return cls(Recipe.from_json(found["recipe"]), found["complete"], days)

    def write(self, path: Path) -> None:
        """Write the manifest: one line per day, in order."""
        days = ",\n".join(f'"{day}": {json.dumps(self.days[day])}' for day in sorted(self.days))
        head = f'"recipe": {json.dumps(self.recipe.to_json())},\n"complete": {json.dumps(self.complete)}'
        write(path, f'{{{head},\n"days": {{\n{days}\n}}}}\n'.encode())


def count_up(lines: int, dirt: Mapping[str, list[Instance]]) -> Entry:
    """Return the part of an entry common to all files: the number of lines without the header, and how many are clean or dirty."""
    counts = {kind: len(instances) for kind, instances in dirt.items()}
    return {"lines": lines, "clean": lines - sum(counts.values()), "counts": counts, "dirt": dict(dirt)}
