"""Files in the lake: their paths, and writing them atomically.

Belongs here: paths and bytes. Does not belong here: what is in them.
"""

import datetime as dt
import gzip
from pathlib import Path

from ..warehouse.permissions import make_folder

TILL = "sales/pos/{day}.csv.gz"
CATALOGUE = "catalogue/{day}.jsonl"
SEND_AGAIN = ".send_again/{day}.csv.gz"
"""The correct version of a corrupt till file, as the till still has it."""

_LEVEL = 5


def place(lake: Path, pattern: str, day: dt.date) -> Path:
    """Return the path of a day's file."""
    return lake / pattern.format(day=day)


def write(path: Path, content: bytes) -> None:
    """Write a file next to its final path and rename it, so that no reader ever sees a partial file."""
    make_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def pack(text: str) -> bytes:
    """Compress text. The same text gives the same bytes, since neither time nor file name is included."""
    return gzip.compress(text.encode("utf-8", "surrogateescape"), _LEVEL, mtime=0)
