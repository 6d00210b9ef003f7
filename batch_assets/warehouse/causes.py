"""Why a batch is made again: what differs between what it was made from and what there is now.

A difference is told as what a person changed: the code, a setting, a library, a raw file, or batches of another table. Belongs
here: finding it, and its words. Does not belong here: which batches are looked at (`planned.py`).
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..engine.reading import CLOSED
from ..ingest.lakefile import file_version, redacted_by
from ..partitions import name_days, window
from ..table.code_version import LIBRARY, SETTING
from ..table.table import Table, Upstream
from .raw_files import changed_files

_MOST_NAMED, _MOST_CHARACTERS = 3, 40


@dataclass(frozen=True)
class Reason:
    """Why a batch is made again.

    Attributes:
        what: in words, the same for all batches that it concerns.
        files: the raw files that it is about.
        days: the batches of another table that it is about.
    """

    what: str
    files: tuple[str, ...] = ()
    days: tuple[dt.date, ...] = ()


Reasons = tuple[Reason, ...]


def in_words(reasons: Iterable[Reason]) -> str:
    """Return the reasons of several batches as one text, each with all files and days that it is about."""
    by_what: dict[str, list[Reason]] = {}
    for reason in reasons:
        by_what.setdefault(reason.what, []).append(reason)
    told = []
    for what, its in by_what.items():
        files = _some(dict.fromkeys(file for reason in its for file in reason.files))
        days = name_days({day for reason in its for day in reason.days})
        told.append(f"{what}{f' ({files or days})' * bool(files or days)}")
    return "; ".join(told)


class Causes:
    """Compares batches with what they were made from."""

    def __init__(self, con: Backend, lake: Path, version: Callable[[Path], str] = file_version) -> None:
        """Compare by the ledger of a warehouse and the raw files of a lake, whose versions may be known from before."""
        self._con, self._lake, self._version = con, lake, version
        self._history, self._publications, self._since = cache(self._read_history), cache(self._read_publications), cache(self._changed_since)

    def of(self, table: Table, day: dt.date, made: tuple[str, Mapping[str, str]] | None, inputs: Mapping[str, str]) -> Reasons:
        """Return why a batch is made again, by its code version and inputs as the ledger has them and as they are; none if it is as it should be."""
        if made is None:
            return (Reason("missing"),)
        code, recorded = made
        reasons = list(self.of_code(table, code))
        if table.source and (now := inputs.get(raw := f"lake.{table.source.name}")) and now != recorded.get(raw):
            reasons += self._of_files(table, day, recorded.get(raw), now)
        reasons += [
            Reason(f"{upstream.asset} changed", days=self._changed(table, upstream, day))
            for upstream in table.upstreams
            if upstream.asset in inputs and inputs[upstream.asset] != recorded.get(upstream.asset)
        ]
        return tuple(reasons)

    def of_code(self, table: Table, code: str) -> Reasons:
        """Return what changed of a table's code, settings and libraries since a version."""
        if code == table.code:
            return ()
        rows = self._con.con.execute("select parts from quality.code where code = ?", [code]).fetchall()
        differ = tuple(_of_parts(json.loads(rows[0][0]), table.code_parts)) if rows else ()
        return differ or (Reason(f"its code or settings changed (version {code}, now {table.code})"),)

    def _of_files(self, table: Table, day: dt.date, before: str | None, now: str) -> Iterator[Reason]:
        assert table.source
        if now == CLOSED:
            yield Reason("the day is a closed day now")
            return
        asset, source = table.asset, table.source
        changed = changed_files(self._con, asset, source, self._lake, day, self._version, was_closed=before == CLOSED)
        yield from (Reason(what, tuple(names)) for what, names in changed.items())
        if not changed:
            yield Reason(f"a customer was erased (erasure {redacted_by(now)})" if redacted_by(now) else "an erasure is gone")

    def _changed(self, table: Table, upstream: Upstream, day: dt.date) -> tuple[dt.date, ...]:
        """Return the days of an upstream whose batch is another than when a batch that reads it was published."""
        changed = self._since(upstream.asset, self._publications(table.asset)[day])
        return tuple(sorted(changed & set(window(day, upstream.look_back))))

    def _read_publications(self, asset: str) -> dict[dt.date, int]:
        return dict(self._con.con.execute("select batch_date, publication from quality.batches where asset = ?", [asset]).fetchall())

    def _read_history(self, asset: str) -> list[tuple[dt.date, int, str]]:
        query = "select batch_date, publication, content from quality.ledger where asset = ? order by publication"
        return self._con.con.execute(query, [asset]).fetchall()

    def _changed_since(self, asset: str, publication: int) -> set[dt.date]:
        then: dict[dt.date, str] = {}
        now: dict[dt.date, str] = {}
        for day, number, content in self._history(asset):
            now[day] = content
            if number < publication:
                then[day] = content
        return {day for day, content in now.items() if then.get(day) != content}


def _of_parts(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Reason]:
    """Yield how the parts of two code versions differ. A setting that is used since, or no more, is a change of code."""
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    code = [name for name in changed if not name.startswith((SETTING, LIBRARY))]
    if code:
        yield Reason(f"code changed ({_some(code)})")
    for name in changed:
        if name not in code and ((name in before and name in now) or not code):
            was, is_now = before.get(name, "not used"), now.get(name, "not used")
            values = f" (was {was}, now {is_now})" if max(len(was), len(is_now)) <= _MOST_CHARACTERS else ""
            yield Reason(f"{name} changed{values}")


def _some(names: Iterable[str]) -> str:
    """Return names as a person would list them, the first few by name."""
    listed = list(names)
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    return ", ".join(listed[:_MOST_NAMED]) + more
