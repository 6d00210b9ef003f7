"""Erasures: whom nobody may know any more, and how the lines about them are read.

An erasure is a folder below `erasures` in the lake, with a record that has nothing personal: salted hashes of what identified the
person's lines, and the names of the files they were in. Whenever a file is read, the private fields of lines that are identified so are
empty, so a file that was not changed, or is delivered again, brings nobody back. Files that nobody else owns are also rewritten so; both read alike.

Belongs here: what is read of a record, and emptying rows. Does not belong here: whose lines are whose, and writing records (`warehouse/erasure/`).
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import LakeError
from ..settings import settings
from .formats.format import Refused

FOLDER, RECORD = "erasures", "record.json"

REASON = "erased on a customer's request"
"""Why a line that is no row is in the quarantine, without its text."""

_DIGITS = 32
"""Hexadecimal digits of a hash that are kept."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Erasure:
    """What a record says.

    Attributes:
        name: the folder's name, the time at which it was begun.
        files: the raw files that have lines of the person, below the lake's root.
        keys: hashes of what identifies the person's rows.
        lines: hashes of lines that are no rows.
    """

    name: str
    files: frozenset[str]
    keys: frozenset[str]
    lines: frozenset[str]


def erasures(root: Path) -> Sequence[Erasure]:
    """Return the erasures of a lake, oldest first.

    Raises:
        LakeError: one is damaged, or was written with another secret, so nobody can tell whom it is about.
    """
    try:
        status = (root / FOLDER).stat()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return _read(root / FOLDER, settings.pseudonym_salt, status.st_ino, status.st_mtime_ns)


@lru_cache(maxsize=8)
def _read(folder: Path, _salt: str, *_state: int) -> Sequence[Erasure]:
    found: list[Erasure] = []
    for path in sorted(folder.glob(f"[!.]*/{RECORD}")):
        try:
            record = json.loads(path.read_bytes())
            secret, parts = record["secret"], [frozenset(record[name]) for name in ("files", "keys", "lines")]
        except (ValueError, KeyError, TypeError) as wrong:
            raise LakeError(f"{path}: is damaged ({type(wrong).__name__}). Bring it back from a backup, or nobody who was erased stays so.") from wrong
        if secret != secret_mark():
            raise LakeError(
                f"{path}: was written with another setting pseudonym_salt, so the lines that it is about cannot be told any more. "
                "Set it to what it was, or nobody who was erased stays so."
            )
        found.append(Erasure(path.parent.name, *parts))
    return tuple(found)


def there(root: Path) -> Sequence[str]:
    """Return what there is of the erasures of a lake; it is another whenever one begins or ends."""
    return sorted(str(path.relative_to(root)) for path in (root / FOLDER).glob("[!.]*/[!.]*"))


def naming(root: Path, files: Iterable[str]) -> list[str]:
    """Return the names of the erasures that are about some files, oldest first."""
    asked = set(files)
    return [erasure.name for erasure in erasures(root) if not asked.isdisjoint(erasure.files)]


def normal(text: str) -> str:
    """Return a text in the form in which it is compared: lower case, no accents and signs, digits together, what stands behind a comma first."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    last, _, first = plain.partition(",")
    words = _WORD.findall(f"{first} {last}")
    return " ".join([*(word for word in words if not word.isdigit()), "".join(word for word in words if word.isdigit())]).strip()


def key_of(source: str, fields: Sequence[str], values: Sequence[str | None]) -> str | None:
    """Return the hash by which a row is recognized; None if one of the values that identify it is not there."""
    told = [normal(value or "") for value in values]
    return _hash([source, *fields, *told]) if all(told) else None


def line_key(source: str, raw: str) -> str:
    """Return the hash by which a line that is no row is recognized."""
    return _hash([source, raw])


def secret_mark() -> str:
    """Return a hash of nothing, which tells whether the secret that others are made with is the same."""
    return _hash([])


def _hash(parts: Sequence[str]) -> str:
    return hmac.new(settings.pseudonym_salt.encode(), json.dumps(parts).encode(), hashlib.sha256).hexdigest()[:_DIGITS]


class Emptied:
    """The rows of a source, and its lines that are no rows, as they are read once people are erased."""

    def __init__(self, root: Path, source: str, identified_by: Sequence[Sequence[str]], private: Sequence[str], nothing: str | None, stand_in: str) -> None:
        """Know whom the erasures of a lake are about.

        Args:
            root: the lake's root.
            source: the source's name.
            identified_by: the fields that identify a row's person together, in each way in which one can.
            private: the fields that are emptied.
            nothing: what an empty field is.
            stand_in: how the text begins that stands in a rewritten file for a line that is no row.
        """
        known = erasures(root) if identified_by else ()
        self._keys = frozenset[str]().union(*(erasure.keys for erasure in known))
        self._lines = frozenset[str]().union(*(erasure.lines for erasure in known))
        self._source, self._identified_by, self._private = source, identified_by, private
        self._nothing, self._stand_in, self._seen = nothing, stand_in, dict[tuple[str | None, ...], bool]()
        self._are_any = bool(known)

    def rows(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows with the private fields of those who are erased empty."""
        if not self._keys:
            return batch
        gone = pa.array(self.are_erased(batch))
        for name in self._private if pc.any(gone).as_py() else ():
            column = batch[name]
            emptied = pc.if_else(pc.and_(gone, pc.is_valid(column)), pa.scalar(self._nothing, pa.string()), column)
            batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), emptied)
        return batch

    def are_erased(self, batch: pa.RecordBatch) -> list[bool]:
        """Say of each row whether it is about somebody who is erased."""
        gone = [False] * batch.num_rows
        for fields in self._identified_by:
            for number, values in enumerate(zip(*(batch[name].to_pylist() for name in fields), strict=True)):
                gone[number] = gone[number] or self._is_erased(fields, values)
        return gone

    def _is_erased(self, fields: Sequence[str], values: tuple[str | None, ...]) -> bool:
        known = self._seen.get(asked := (*fields, *values))
        if known is None:
            known = self._seen[asked] = key_of(self._source, fields, values) in self._keys
        return known

    def line(self, refused: Refused) -> Refused:
        """Return a line that is no row, without its text if it is about somebody who is erased."""
        return Refused(refused.line, REASON, "") if self._are_any and self.is_erased_line(refused.raw) else refused

    def is_erased_line(self, raw: str) -> bool:
        """Say whether a line that is no row is about somebody who is erased, or stands for one that was."""
        return raw.startswith(self._stand_in) or (bool(self._lines) and line_key(self._source, raw) in self._lines)
