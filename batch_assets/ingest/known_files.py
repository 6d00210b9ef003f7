"""Versions of raw files that were read before: looking at an unchanged lake costs a listing.

A file is taken for the one that was read if its path, size, inode and times of modification and of change are the same. The time of change is the
system's, which no copy or `touch` sets back. A file that was written within the last seconds is not remembered, since the next write to it might leave
no other time. What is remembered is an SQLite file beside the warehouse; deleting it costs a look at every raw file, and changes nothing.

Does not belong here: what a version is (`lakefile.py`).
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from .lakefile import file_version

_SETTLED_NS = 2_000_000_000
_TABLE = "create table if not exists files (path text primary key, state text not null, version text not null)"


class KnownFiles:
    """What is remembered, as long as it is in use: `with KnownFiles(path) as known: known.version(file)`."""

    def __init__(self, database: Path) -> None:
        """Remember in a file, which is made when there is something to remember."""
        self._database = database
        self._known: dict[str, tuple[str, str]] = {}
        self._new: dict[str, tuple[str, str]] = {}

    def __enter__(self) -> Self:
        """Read what is remembered; a file that cannot be read has nothing."""
        try:
            if self._database.exists():
                with closing(sqlite3.connect(self._database)) as connection:
                    self._known = {path: (state, version) for path, state, version in connection.execute("select path, state, version from files")}
        except sqlite3.Error:
            self._known = {}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remember what was read; where that cannot be written, it will be read again."""
        if not self._new:
            return
        try:
            self._database.touch(mode=0o600, exist_ok=True)
            with closing(sqlite3.connect(self._database)) as connection, connection:
                connection.execute(_TABLE)
                connection.executemany("insert or replace into files values (?, ?, ?)", [(path, *told) for path, told in self._new.items()])
        except (OSError, sqlite3.Error):
            self._new.clear()

    def version(self, path: Path) -> str:
        """Return the version of a raw file.

        Raises:
            OSError: the file cannot be read.
        """
        before, name = _state(path), str(path.absolute())
        state, version = self._known.get(name, ("", ""))
        if before and state == before:
            return version
        version = file_version(path)
        if before and before == _state(path):
            self._new[name] = self._known[name] = (before, version)
        return version


def _state(path: Path) -> str | None:
    """Return by what a file is known; None if it was written just now."""
    status = path.stat()
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED_NS:
        return None
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_dev} {status.st_ino}"
