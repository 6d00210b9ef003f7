"""Files in the lake: where they lie, and how they come to be there whole or not at all.

Belongs here: paths and bytes. Does not belong here: what is in them.
"""

import datetime as dt
import gzip
from pathlib import Path

from ..warehouse.permissions import make_folder

TILL = "sales/pos/{day}.csv.gz"
CATALOGUE = "catalogue/{day}.jsonl"
SEND_AGAIN = ".send_again/{day}.csv.gz"
"""The right file of a till day that arrived corrupt, as the till still has it."""

_LEVEL = 5


def place(lake: Path, pattern: str, day: dt.date) -> Path:
    """Return where the file of a day lies."""
    return lake / pattern.format(day=day)


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it there, so that nobody ever sees half of it."""
    make_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def pack(text: str) -> bytes:
    """Compress text; the same text gives the same bytes, for neither time nor file name is in them."""
    return gzip.compress(text.encode("utf-8", "surrogateescape"), _LEVEL, mtime=0)
