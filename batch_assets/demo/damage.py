"""Whole till files that are deliberately corrupt, and their correct versions.

Belongs here: which days, what is wrong with them, and redelivering them. Does not belong here: dirt in single lines
(`dirt.py`).
"""

import datetime as dt
from pathlib import Path

from .files import SEND_AGAIN, TILL, pack, place, write
from .seeds import generator

BROKEN_DAYS = {
    dt.date(2017, 12, 27): "truncated",
    dt.date(2017, 12, 28): "additional_column",
    dt.date(2017, 12, 29): "changed_header",
}
"""The days whose till file arrives corrupt, and what is wrong with it."""

_KEPT = 0.7
_FLAGS = ("Y", "N", "")


def as_delivered(text: str, day: dt.date) -> bytes:
    """Return a day's till file as it arrives: corrupt on `BROKEN_DAYS`, correct on all other days."""
    match BROKEN_DAYS.get(day):
        case "truncated":
            whole = pack(text)
            return whole[: int(len(whole) * _KEPT)]
        case "additional_column":
            return pack(_with_flags(text, day))
        case "changed_header":
            return pack(text.replace(",quantity,", ",qty,", 1))
        case _:
            return pack(text)


def redeliver(lake: Path, day: dt.date) -> Path:
    """Replace the corrupt till file of a day with the correct one, and return its path. Idempotent.

    Raises:
        ValueError: the file of that day did not arrive corrupt in this lake.
    """
    kept = place(lake, SEND_AGAIN, day)
    if not kept.exists():
        broken = ", ".join(str(d) for d in BROKEN_DAYS if place(lake, SEND_AGAIN, d).exists())
        raise ValueError(f"{day} did not arrive corrupt in {lake}; these days did: {broken or 'none'}")
    path = place(lake, TILL, day)
    write(path, kept.read_bytes())
    return path


def _with_flags(text: str, day: dt.date) -> str:
    header, *lines = text.removesuffix("\n").split("\n")
    flags = generator("loyalty flags", day).choice(_FLAGS, len(lines)).tolist()
    flagged = [f"{line},{flag}" for line, flag in zip(lines, flags, strict=True)]
    return "\n".join([f"{header},loyalty_flag", *flagged]) + "\n"
