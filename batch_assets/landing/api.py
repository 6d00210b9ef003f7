"""An API whose records of a day come in pages.

A page is asked for with `?day=2017-11-08&page=1`. The answer is a JSON object with the array of records, the number of `pages`, and an ETag, which is
that of the day: it changes when any record of the day does.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Api:
    """An API that is landed.

    Attributes:
        name: the name by which it is landed, and of its module.
        pattern: the path of a day's file relative to the lake's root, with `{day}` for the date; it ends in `.json.gz`.
        records: the member of a page, and of the file, that is the array of records.
        address: returns the URL, which is a setting.
    """

    name: str
    pattern: str
    records: str
    address: Callable[[], str]

    def path(self, root: Path, day: dt.date) -> Path:
        """Return the path of a day's file."""
        return root / self.pattern.format(day=day)
