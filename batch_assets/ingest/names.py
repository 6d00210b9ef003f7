"""Names in a raw source's folders: files that look like a day's own file, and files of no day.

A file that is not read must not be overlooked, unless its name says that it is a leftover, such as an upload under way, or belongs to
a file beside it, such as a checksum. Does not belong here: which files make up a day (`lakefile.py`).
"""

import datetime as dt
import os
import stat
import time
from bisect import bisect_left
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_ENDS = (
    *(".part", ".partial", ".filepart", ".crdownload", ".download", ".unfinished", ".tmp", ".temp", ".swp", ".lock"),
    *(".bak", ".old", ".orig", ".save", "~", "#"),
    *(".md5", ".sha1", ".sha256", ".sha512", ".crc", ".asc", ".sig", ".ok", ".done", ".ready"),
    *("thumbs.db", "desktop.ini", "readme.md", "readme.txt", "readme"),
)
"""How names end that are no data, in lower case: uploads under way, what editors and people keep, and what belongs to a file beside it."""

_STARTS = (".", "~", "#", "_success")
_SETTLED_NS = 2_000_000_000
_EVER = range(dt.date(1970, 1, 1).toordinal(), dt.date(2100, 1, 1).toordinal())


def lookalikes(path: Path, suffix: str) -> list[str]:
    """Return the names of other files beside a day's file that may be of the same day: copies, other versions, packed or unpacked.

    Such a name has that of the file in it, without its suffix and as a word of its own: `2017-01-01 (1).csv` for `2017-01-01.csv`.
    """
    stem, there = path.name.removesuffix(suffix).lower(), _names_in(path.parent)
    if there.text.count(stem) == path.exists():
        return []
    return [name for name in there.names if name != path.name and _has_word(name.lower(), stem) and _is_data(path.parent / name)]


def strangers(root: Path, patterns: Sequence[str], days: Sequence[dt.date]) -> list[Path]:
    """Return the files in the folders of some patterns that belong to no day, whether of the calendar or not.

    Args:
        root: the lake's root.
        patterns: paths relative to it, with `{day}` for the date; a `*` in a name is for any text.
        days: the calendar.
    """
    of_calendar = _by_folder(patterns, days)
    unknown = {folder: names for folder, own in of_calendar.items() if (names := _others(list(_names_in(root / folder).names), own))}
    of_any_day = _by_folder(patterns, [dt.date.fromordinal(number) for number in _EVER]) if unknown else {}
    found = [root / folder / name for folder, names in sorted(unknown.items()) for name in _others(names, of_any_day[folder])]
    return [path for path in found if _is_data(path)]


class _Names(NamedTuple):
    """The sorted names in a folder, and all of them as one text in lower case, which is searched fast."""

    names: tuple[str, ...] = ()
    text: str = ""


def _names_in(folder: Path) -> _Names:
    """Return what is in a folder; it is listed again only when something was added to it or removed from it."""
    try:
        status = folder.stat()
        if time.time_ns() - status.st_mtime_ns < _SETTLED_NS:
            return _listed(str(folder.absolute()), time.monotonic_ns())
        return _listed(str(folder.absolute()), status.st_dev, status.st_ino, status.st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError):
        return _Names()


@lru_cache(maxsize=1024)
def _listed(folder: str, *_state: int) -> _Names:
    names = tuple(sorted(entry.name for entry in os.scandir(folder)))
    return _Names(names, "\n".join(names).lower())


def _by_folder(patterns: Sequence[str], days: Sequence[dt.date]) -> dict[str, set[str]]:
    """Return the names that days have by some patterns, by folder."""
    named: dict[str, set[str]] = {}
    for pattern in patterns:
        for day in days:
            folder, _, name = pattern.format(day=day).rpartition("/")
            named.setdefault(folder, set()).add(name)
    return named


def _others(names: list[str], own: set[str]) -> list[str]:
    """Return the sorted names that are not among those of days, and of no pattern among them."""
    left = set(names) - own
    for pattern in sorted(name for name in own if "*" in name):
        start = pattern.partition("*")[0]
        place = bisect_left(names, start)
        while place < len(names) and names[place].startswith(start):
            if fnmatchcase(names[place], pattern):
                left.discard(names[place])
            place += 1
    return sorted(left)


def _has_word(name: str, word: str) -> bool:
    """Say whether a name has a word that does not go on before or after it, as `till` does in `tills` and `till-1` in `till-10`."""
    place = name.find(word)
    while place >= 0:
        before, after = name[:place][-1:], name[place + len(word) :][:1]
        if not (_goes_on(before, word[:1]) or _goes_on(word[-1:], after)):
            return True
        place = name.find(word, place + 1)
    return False


def _goes_on(one: str, other: str) -> bool:
    return (one.isdigit() and other.isdigit()) or (one.isalpha() and other.isalpha())


def _is_data(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(_STARTS) or name.endswith(_ENDS):
        return False
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
