"""What an erasure writes down: a record that stays and has nothing personal, and what the person is known by, until nothing of it is found any more.

Both are there, whole, before anything is erased; so whoever is killed goes on where it was. Does not belong here: how a record is read with each raw
file (`ingest/erasures.py`).
"""

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...durable import replace, sync
from ...ingest.erasures import FOLDER, RECORD, secret_mark
from ..permissions import OWNERS_FILE, OWNERS_FOLDER, make_folder
from .find import Found
from .person import Person

CERTIFICATE, _SOUGHT = "certificate.json", "sought.json"


@dataclass(frozen=True)
class Begun:
    """An erasure that was begun: its folder in the lake."""

    folder: Path

    @property
    def name(self) -> str:
        """Its name, the time at which it was begun."""
        return self.folder.name

    @property
    def record(self) -> Mapping[str, Any]:
        """Its record."""
        return json.loads((self.folder / RECORD).read_bytes())

    @property
    def person(self) -> Person:
        """What the person is known by."""
        return Person.from_json(self._sought["person"])

    @property
    def before(self) -> Mapping[str, Any]:
        """What was counted before anything was erased."""
        return self._sought["before"]

    @property
    def _sought(self) -> Mapping[str, Any]:
        return json.loads(self.sought.read_bytes())

    @property
    def sought(self) -> Path:
        """The path of what the person is known by, as long as it is looked for."""
        return self.folder / _SOUGHT

    @property
    def certificate(self) -> Path:
        """The path of its certificate."""
        return self.folder / CERTIFICATE

    def end(self, certificate: Mapping[str, Any]) -> None:
        """Write the certificate, and remove what the person is known by."""
        _write(self.certificate, certificate)
        self.sought.unlink()
        sync(self.folder)


def begin(lake: Path, found: Found, before: Mapping[str, Any], by: str, reason: str) -> Begun:
    """Write down who is to be erased; from now on, no line of the person is read with what is private in it."""
    now = dt.datetime.now(dt.UTC)
    root = lake / FOLDER
    make_folder(root)
    for left in root.glob(".*.unfinished"):
        shutil.rmtree(left)
    while (folder := root / f"{now:%Y%m%dT%H%M%SZ}").exists():
        now += dt.timedelta(seconds=1)
    staged = root / f".{folder.name}.unfinished"
    staged.mkdir(mode=OWNERS_FOLDER)
    files = {file: {"source": source, "day": str(found.days[file])} for source, of in sorted(found.lines.items()) for file in sorted(of)}
    told = {"erasure": folder.name, "asked_by": by, "reason": reason, "secret": secret_mark(), "records": found.records}
    _write(staged / _SOUGHT, {"person": found.person.to_json(), "before": before})
    _write(staged / RECORD, {**told, "files": files, "keys": sorted(found.keys), "lines": sorted(found.refused)})
    staged.rename(folder)
    sync(root)
    return Begun(folder)


def unfinished(lake: Path) -> list[Begun]:
    """Return the erasures that were begun and not brought to their end, oldest first."""
    return [Begun(path.parent) for path in sorted((lake / FOLDER).glob(f"[!.]*/{_SOUGHT}"))]


def finished(lake: Path) -> list[Begun]:
    """Return the erasures that have their certificate, oldest first."""
    root = lake / FOLDER
    return [begun for path in sorted(root.glob(f"[!.]*/{CERTIFICATE}")) if not (begun := Begun(path.parent)).sought.exists()]


def _write(path: Path, told: Mapping[str, Any]) -> None:
    replace(path, json.dumps(told, indent=1, default=str).encode(), OWNERS_FILE)
