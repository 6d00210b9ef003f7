"""A raw source: which files make up a batch day, and how each record is read as a row of text or rejected.

Belongs here: what all raw files share, whatever their source. A row is identified by its file and its position in it.
Does not belong here: how bytes become rows (`formats/`), what a source's fields mean (its file in `lake/`), or which
rows are valid (the marts).
"""

import datetime as dt
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from isal import igzip, isal_zlib

from ..content import combined
from ..errors import DefinitionError, LakeError
from .erasures import Emptied, naming
from .formats.format import REPEATED, Block, BreaksOffError, Format, FormError, Refuse, Refused
from .names import lookalikes, strangers

BLOCK_BYTES = 4 << 20
MOST_REFUSED = 0.5
"""Share of a file's lines that may be no rows; of more, the file has another form."""
LEAST_REFUSED = 5
"""Lines below which they are single bad lines, whatever their share."""
MOST_REASONS = 1000
_GZIP_TRAILER = 4
_REDACTED = ".redacted."
"""What stands in a day's version before the name of an erasure."""
_unpacked = cast(Callable[..., BinaryIO], igzip.IGzipFile)
_DAMAGE = (EOFError, cast(type[Exception], isal_zlib.error), igzip.BadGzipFile)
ORIGIN = pa.schema([("batch_date", pa.date32()), ("source_file", pa.string()), ("source_line", pa.int64())])


class Version:
    """The version of a raw file: a hash of its bytes, updated as they are read."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, block: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._digest.update(block)

    def __str__(self) -> str:
        """Return the version: 32 hexadecimal digits."""
        return self._digest.hexdigest()[:32]


class _Noted:
    """A file that updates a version with its bytes as they are read."""

    def __init__(self, file: BinaryIO, version: Version) -> None:
        self._file, self._version = file, version

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._version.add(block)
        return block

    def readinto(self, buffer: memoryview) -> int:
        size = cast(io.BufferedReader, self._file).readinto(buffer)
        self._version.add(memoryview(buffer)[:size])
        return size


class _Refusals:
    """The lines of a file that are no rows, counted by reason: if most are none, the file has another form."""

    def __init__(self, refuse: Refuse, *, is_whole: bool) -> None:
        self._refuse, self._is_whole, self._reasons = refuse, is_whole, dict[str, tuple[int, int]]()
        self._rows = self._refused = 0

    def add(self, refused: Refused) -> None:
        """Pass on what is no row."""
        self._refused += not refused.reason.startswith(REPEATED)
        if refused.reason in self._reasons or len(self._reasons) < MOST_REASONS:
            first, count = self._reasons.get(refused.reason, (refused.line, 0))
            self._reasons[refused.reason] = first, count + 1
        self._refuse(refused)

    def told_first(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Yield the blocks of a file; refuse one of another form whole, rather than line by line, or for what follows from it.

        Raises:
            FormError: most of the file is no rows.
        """
        try:
            for block in blocks:
                self._rows += len(block.lines)
                yield block
        except FormError as wrong:
            self._check_form()
            # The end of a gzip file says that it is whole: a last line that was cut before is a bad line like any other.
            if not (self._is_whole and isinstance(wrong, BreaksOffError)):
                raise
        self._check_form()

    def _check_form(self) -> None:
        total = self._rows + self._refused
        if self._refused >= LEAST_REFUSED and self._refused > MOST_REFUSED * total:
            reason, (first, count) = max(self._reasons.items(), key=lambda item: item[1][1])
            raise FormError(
                f"its form changed: {self._refused} of {total} lines are no rows, {count} of them for one reason, the first in line {first}: {reason}"
            )


@dataclass(frozen=True)
class Form:
    """Another form in which a day of a source may have arrived: where its files are, and how they are read. The attributes are those of `LakeFile`."""

    pattern: str
    format: Format
    closing: str | None = None
    so_far: str | None = None


@dataclass(frozen=True)
class LakeFile:
    """A raw source: the files of a batch day under the lake's root. Every field is still text.

    Attributes:
        name: the name of the source, of its asset, and of its file in `lake/`.
        pattern: path relative to the lake's root, with `{day}` for the date; `.gz` files are decompressed. With a `*`, as in
            `drops/{day}/*.csv`, all matching files make up the day.
        columns: the fields, in the file's order, each with its meaning.
        format: how a file's bytes become rows.
        description: what the file is, for the catalog and the UI.
        may_be_empty: whether a file without rows is valid: there was nothing to report that day.
        closing: with a `*` in the pattern, the path of the manifest that marks the day as complete. It lists the day's
            files, one per line, relative to its own folder. Until it exists, the day has not arrived.
        private: the fields that have personal data.
        identified_by: the fields that say together whom a row is about, in each way in which they can. Of a customer who is erased, the private
            fields of the rows that are identified so are empty. None, if the source is not about customers.
        owner: who owns the files, if they may not be rewritten here when a customer is erased.
        beside: patterns, with `{day}`, of files of other sources that lie in the same folder.
        so_far: of a stream, the path of the file that says what has landed of a day, while it lasts and afterwards.
        instead: another form in which a day may have arrived in place of this one, as when tills that wrote files begin to send events. A day that
            has arrived in both is refused.
    """

    name: str
    pattern: str
    columns: dict[str, str]
    format: Format
    description: str
    may_be_empty: bool = False
    closing: str | None = None
    private: tuple[str, ...] = ()
    identified_by: tuple[tuple[str, ...], ...] = ()
    owner: str | None = None
    beside: tuple[str, ...] = ()
    so_far: str | None = None
    instead: Form | None = None

    def __post_init__(self) -> None:
        """Reject a source for which it cannot be known when a day is complete."""
        if ("*" in self.pattern) != bool(self.closing):
            raise DefinitionError(f"lake.{self.name}: a pattern with a `*` and `closing`, the file that says that a day is complete, go together.")
        if unknown := sorted(set(self.private) - set(self.columns)):
            raise DefinitionError(f"lake.{self.name}: {', '.join(unknown)} is private, and no field of it.")
        if unknown := sorted({name for fields in self.identified_by for name in fields} - set(self.columns)):
            raise DefinitionError(f"lake.{self.name}: {', '.join(unknown)} identifies somebody, and is no field of it.")

    @property
    def schema(self) -> pa.Schema:
        """The columns of its rows: the origin of each row, then the source's own fields as text."""
        return pa.schema([*ORIGIN, *((name, pa.string()) for name in self.columns)])

    @cached_property
    def forms(self) -> tuple["LakeFile", ...]:
        """The source in each form in which a day may have arrived; the first is the usual one."""
        if self.instead is None:
            return (self,)
        other = {name: getattr(self.instead, name) for name in ("pattern", "format", "closing", "so_far")}
        return replace(self, instead=None), replace(self, **other, beside=(), instead=None)

    @property
    def streams(self) -> tuple["LakeFile", ...]:
        """The forms in which its days come by a stream."""
        return tuple(form for form in self.forms if form.so_far)

    def form(self, path: Path) -> "LakeFile":
        """Return the source in the form that one of its files has, by its path."""
        usual, *others = self.forms
        return next((form for form in others if path.match(form.pattern.format(day="*"))), usual)

    def path(self, root: Path, day: dt.date) -> Path:
        """Return the path whose existence means that a day has arrived: its only file, or its manifest. It need not exist."""
        paths = [root / (form.closing or form.pattern).format(day=day) for form in self.forms]
        return next((path for path in paths if path.exists()), paths[0])

    def files(self, root: Path, day: dt.date) -> list[Path]:
        """Return the files that make up a day, by name; none if the day has not arrived yet.

        Raises:
            LakeError: a file in the manifest is missing, or a file is present that the manifest does not list, or that may be the day's, too.
        """
        if self.instead:
            return self._arrived(root, day).files(root, day)
        mark = self.path(root, day)
        if not self.closing:
            self._check_alone(root, mark, day)
            return [mark] if mark.exists() else []
        if not mark.exists():
            return []
        named = {mark.parent / line for line in mark.read_text(encoding="utf-8-sig", errors="backslashreplace").splitlines() if line}
        there = set(root.glob(self.pattern.format(day=day))) - {mark}
        if lost := sorted(str(path.relative_to(root)) for path in named - there):
            raise LakeError(f"{mark}: names {', '.join(lost[:5])}, which {'is' if len(lost) == 1 else 'are'} not there. Ask for them again.", day=day)
        if strange := sorted(str(path.relative_to(root)) for path in there - named):
            raise LakeError(f"{mark}: does not name {', '.join(strange[:5])}. Add what belongs to the day to it, and move away what does not.", day=day)
        return sorted(named)

    def _arrived(self, root: Path, day: dt.date) -> "LakeFile":
        """Return the source in the form in which a day has arrived; in the usual one, if it has not.

        Raises:
            LakeError: it has arrived in two.
        """
        there = [form for form in self.forms if form.path(root, day).exists()]
        if len(there) > 1:
            one, other = (form.path(root, day) for form in there)
            raise LakeError(
                f"{one}: the day has also arrived as {other}. Move away the one that does not count, or the day's rows would be there twice.", day=day
            )
        return next(iter(there), self.forms[0])

    def _check_alone(self, root: Path, path: Path, day: dt.date) -> None:
        """Refuse a day for which another file lies beside its own, or in its place: nobody knows which of them is right."""
        suffix = "".join(Path(self.pattern.rpartition("}")[2]).name.partition(".")[1:])
        of_others = [(root / pattern.format(day=day)).name for pattern in self.beside]
        if found := [name for name in lookalikes(path, suffix) if not any(fnmatchcase(name, other) for other in of_others)]:
            which = f"{', '.join(found[:5])} {'lies' if len(found) == 1 else 'lie'} {'beside it' if path.exists() else 'in its place'}"
            raise LakeError(
                f"{path}: {which}, and one file makes up a day. Give the right one this name and move the other away, "
                f"or, if it is of another source, name its pattern in `beside`, in lake/{self.name}.py.",
                day=day,
            )

    def overlooked(self, root: Path, days: Sequence[dt.date]) -> Iterator[str]:
        """Say in a line which files in the source's folders nothing reads, since their names are of no day; nothing, if there are none."""
        names = [name for form in self.forms for name in (form.pattern, form.closing, form.so_far, *form.beside) if name]
        if found := strangers(root, names, days):
            named = ", ".join(str(path.relative_to(root)) for path in found[:5]) + f" and {len(found) - 5} more" * (len(found) > 5)
            yield f"lake.{self.name}: not read, since no day has a file of this name: {named}. Rename what belongs to a day, and move the rest away."

    def read(self, root: Path, path: Path, day: dt.date, refuse: Refuse, version: Version | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows of one of a day's files in blocks of bounded size. What is not a row goes to `refuse`. Who is erased is in none of them.

        Args:
            root: the lake's root.
            path: the file.
            day: the batch day.
            refuse: called with each line or record that is not a row.
            version: updated with the bytes that are read.

        Yields:
            The columns of `ORIGIN`, then the source's own fields as text, in file order.

        Raises:
            LakeError: the file is truncated or corrupt, or does not have the expected form.
        """
        emptied = self.form(path).emptied(root)
        for batch in self.read_as_is(root, path, day, lambda refused: refuse(emptied.line(refused)), version):
            yield emptied.rows(batch)

    def emptied(self, root: Path) -> Emptied:
        """Return what is left of the rows of those who are erased."""
        return Emptied(root, self.name, self.identified_by, self.private, self.format.nothing, self.format.stand_in)

    def read_as_is(self, root: Path, path: Path, day: dt.date, refuse: Refuse, version: Version | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the rows of a file as they stand in it, whoever is erased; otherwise as `read`."""
        name, refusals, form = str(path.relative_to(root)), _Refusals(refuse, is_whole=path.suffix == ".gz"), self.form(path)
        with form._opened(path, day, version or Version()) as stream:
            for block in refusals.told_first(form.format.read(stream, tuple(self.columns), refusals.add)):
                count = len(block.lines)
                origin = [pa.repeat(pa.scalar(day, pa.date32()), count), pa.repeat(name, count), block.lines]
                yield pa.RecordBatch.from_arrays([*origin, *block.fields], schema=self.schema)

    def count(self, path: Path, day: dt.date) -> tuple[int, str]:
        """Return the number of rows in a file, readable or not, and the file's version.

        Raises:
            LakeError: the file is truncated or corrupt.
        """
        version, form = Version(), self.form(path)
        with form._opened(path, day, version) as stream:
            rows = form.format.count(stream)
        return rows, str(version)

    @contextmanager
    def _opened(self, path: Path, day: dt.date, version: Version) -> Iterator[BinaryIO]:
        """Open a file, decompressed; errors name the file."""
        try:
            with path.open("rb") as stored:
                if self.format.seeks:
                    before = _state(stored)
                    _read_through(stored, version)
                    yield stored
                    if _state(stored) != before:
                        raise FormError("it was changed while it was read")
                else:
                    noted = cast(BinaryIO, _Noted(stored, version))
                    yield _unpacked(fileobj=noted) if path.suffix == ".gz" else noted
        except _DAMAGE as broken:
            raise LakeError(f"{path}: cut off or damaged ({broken}). Nothing was loaded from it; ask for the file again.", day=day) from broken
        except FormError as wrong:
            raise LakeError(f"{path}: {wrong}. Ask for the file again, or describe its new form in lake/{self.name}.py.", day=day) from wrong


def _state(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _read_through(file: BinaryIO, version: Version) -> None:
    """Update a version with all bytes of a file, then rewind the file."""
    while block := file.read(BLOCK_BYTES):
        version.add(block)
    file.seek(0)


def file_version(path: Path) -> str:
    """Return the version of a raw file.

    Raises:
        OSError: the file cannot be read.
    """
    version = Version()
    with path.open("rb") as file:
        _read_through(file, version)
    return str(version)


def unpacked_bytes(path: Path) -> int:
    """Return a file's decompressed size. For gzip files over 4 GiB, or with several members, this is too low (RFC 1952)."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if path.suffix != ".gz" or size < _GZIP_TRAILER:
            return size
        file.seek(-_GZIP_TRAILER, os.SEEK_END)
        return max(size, int.from_bytes(file.read(_GZIP_TRAILER), "little"))


def day_version(root: Path, files: Sequence[tuple[Path, str]]) -> str:
    """Return the version of a day: a hash of its files' names and versions. If customers are erased from them, it says so, and by which erasure last."""
    erased = naming(root, [str(path.relative_to(root)) for path, _ in files])
    whole = combined([*(f"{path.relative_to(root)} {version}" for path, version in sorted(files)), *erased])
    return f"{whole}{_REDACTED}{erased[-1]}" if erased else whole


def redacted_by(version: str) -> str | None:
    """Return the last erasure by which a customer was erased from a day of that version; None if nobody was."""
    return version.partition(_REDACTED)[2] or None
