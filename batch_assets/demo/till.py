"""The till log: which lines a day's file has, in which order, and its dirt.

Belongs here: assembling the file and its manifest entry. Does not belong here: the text of a line (`drafts.py`), and
files that are corrupt as a whole (`damage.py`).
"""

import datetime as dt
from functools import lru_cache, partial

import numpy as np

from .damage import BROKEN_DAYS
from .dirt import CLEAN, CUT_OFF_DAYS, LATEST, RATES, cut_off
from .drafts import COLUMNS, Draft, draft
from .files import TILL
from .manifest import Entry, Instance, count_up
from .seeds import generator
from .source import Source


class Till:
    """The till log of a range of days."""

    def __init__(self, source: Source, first: dt.date, dirtier: float) -> None:
        """Prepare the till log; lines sold before `first` are left out, even if they arrive late."""
        self._source, self._first = source, first
        self._draft = lru_cache(2 * LATEST)(partial(draft, source, dirtier))

    def file(self, day: dt.date) -> tuple[str, Entry]:
        """Return the correct text of a day's file, and its manifest entry; line 1 is the header.

        The text must be written with the error handler `surrogateescape`.
        """
        late, dirt = self._late(day)
        own, own_dirt = _in_file_order(self._draft(day), 2 + len(late))
        lines = late + own
        dirt |= own_dirt
        text = "\n".join([",".join(COLUMNS), *lines]) + "\n"
        if day in CUT_OFF_DAYS and own:
            text = text[: -len(lines[-1]) - 1] + cut_off(lines[-1], generator("cut off", day))
            dirt["cut_off"] = [{"line": len(lines) + 1, **self._draft(day).keys[-1]}]
        entry = {"file": TILL.format(day=day), "arrives": BROKEN_DAYS.get(day, "whole"), **count_up(len(lines), dirt)}
        return text, entry | {"sent_late": self._sent_late(day)}

    def _late(self, day: dt.date) -> tuple[list[str], dict[str, list[Instance]]]:
        """Return the late lines of earlier days in this day's file; they come first, since the file is sorted by time."""
        today = self._source.calendar.index(day)
        lines: list[str] = []
        told: list[Instance] = []
        for origin in self._source.calendar[max(0, today - LATEST) : today]:
            if origin < self._first:
                continue
            sold = self._draft(origin)
            for row in np.flatnonzero(sold.arrives == today).tolist():
                told.append({"line": len(lines) + 2, **sold.keys[row], "sold_on": str(origin)})
                lines.append(sold.text[row])
        return lines, {"late": told}

    def _sent_late(self, day: dt.date) -> list[Instance]:
        """Return the lines of this day that arrive in a later day's file."""
        sold = self._draft(day)
        rows = np.flatnonzero(sold.kinds == "late").tolist()
        return [{**sold.keys[row], "arrives_on": str(self._source.calendar[sold.arrives[row]])} for row in rows]


def _in_file_order(sold: Draft, first_line: int) -> tuple[list[str], dict[str, list[Instance]]]:
    """Return a day's own lines, with copies inserted, and their dirt; line numbers start at `first_line`."""
    own, copied = np.flatnonzero(sold.kinds != "late"), np.flatnonzero(sold.kinds == "repeated")
    order = np.argsort(np.concatenate([own, sold.copied_to[copied]]), kind="stable")
    rows = np.concatenate([own, copied])[order].tolist()
    dirt: dict[str, list[Instance]] = {kind: [] for kind in RATES if kind != "late"}
    stands: dict[int, int] = {}
    for line, row in enumerate(rows, first_line):
        kind = str(sold.kinds[row])
        if kind == "repeated" and row not in stands:
            stands[row] = line
        elif kind == "repeated":
            dirt[kind].append({"line": line, **sold.keys[row], "copy_of": stands[row]})
        elif kind != CLEAN:
            dirt[kind].append({"line": line, **sold.keys[row], "raw": sold.text[row]})
    return [sold.text[row] for row in rows], dirt
