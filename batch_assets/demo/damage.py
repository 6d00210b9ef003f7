"""Whole till files that arrive deliberately corrupt, and their right form.

Belongs here: which days, what is wrong with them, and delivering them again. Does not belong here: dirt in single
lines (`dirt.py`).
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
"""The days whose till file arrives corrupt, with what is wrong."""

_KEPT = 0.7
_FLAGS = ("Y", "N", "")


def as_delivered(text: str, day: dt.date) -> bytes:
    """Return a day's till file as it arrives: corrupt on `BROKEN_DAYS`, right on all others."""
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
    """Replace the corrupt till file of a day by the right one, and return its path; doing it twice changes nothing.

    Raises:
        ValueError: no file of that day arrived corrupt in this lake.
    """
    kept = place(lake, SEND_AGAIN, day)
    if not kept.exists():
        broken = ", ".join(str(d) for d in BROKEN_DAYS if place(lake, SEND_AGAIN, d).exists())
        raise ValueError(f"{day} did not arrive broken in {lake}; these days did: {broken or 'none'}")
    path = place(lake, TILL, day)
    write(path, kept.read_bytes())
    return path


def _with_flags(text: str, day: dt.date) -> str:
    header, *lines = text.removesuffix("\n").split("\n")
    flags = generator("loyalty flags", day).choice(_FLAGS, len(lines)).tolist()
    flagged = [f"{line},{flag}" for line, flag in zip(lines, flags, strict=True)]
    return "\n".join([f"{header},loyalty_flag", *flagged]) + "\n"
