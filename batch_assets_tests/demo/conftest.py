"""A small lake, built once, and how tests look into one.

Belongs here: fixtures, and reading raw files without the pipeline's readers. Does not belong here: expectations.
"""

import datetime as dt
import gzip
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batch_assets.demo.builder import build
from batch_assets.demo.damage import BROKEN_DAYS, redeliver
from batch_assets.demo.truth import truth_beside

FIRST, LAST = dt.date(2017, 12, 14), dt.date(2017, 12, 31)
HOUSEHOLDS, DIRTIER = 60, 20


@dataclass(frozen=True)
class Lake:
    """A lake and its manifest."""

    path: Path
    manifest: Path

    def build(self, first: dt.date = FIRST, last: dt.date = LAST) -> "Lake":
        """Build it as all test lakes are built."""
        build(self.path, self.manifest, first=first, last=last, households=HOUSEHOLDS, dirtier=DIRTIER)
        return self

    def days(self) -> dict[dt.date, dict[str, Any]]:
        """Return the manifest's entries by day."""
        return {dt.date.fromisoformat(day): e for day, e in json.loads(self.manifest.read_bytes())["days"].items()}

    def files(self) -> dict[str, bytes]:
        """Return all files by their path in the lake."""
        return {str(f.relative_to(self.path)): f.read_bytes() for f in self.path.rglob("*") if f.is_file()}

    def till(self, day: dt.date) -> Path:
        """Return the path of a till file."""
        return self.path / "sales" / "pos" / f"{day}.csv.gz"

    def till_lines(self, day: dt.date) -> list[bytes]:
        """Return the lines of a till file with their newlines, the header first."""
        return gzip.decompress(self.till(day).read_bytes()).splitlines(keepends=True)

    def catalogue_lines(self, day: dt.date) -> list[bytes]:
        """Return the lines of a catalogue file."""
        return (self.path / "catalogue" / f"{day}.jsonl").read_bytes().splitlines()

    def copy_to(self, folder: Path) -> "Lake":
        """Return a copy that a test may change."""
        shutil.copytree(self.path, folder / "lake")
        shutil.copy(self.manifest, folder / "manifest.json")
        shutil.copy(truth_beside(self.manifest), truth_beside(folder / "manifest.json"))
        return Lake(folder / "lake", folder / "manifest.json")


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The small lake as it arrives; not to be changed."""
    folder = tmp_path_factory.mktemp("demo")
    return Lake(folder / "lake", folder / "manifest.json").build()


@pytest.fixture(scope="session")
def whole_lake(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The small lake after the broken days were delivered again; not to be changed."""
    whole = lake.copy_to(tmp_path_factory.mktemp("whole"))
    for day in BROKEN_DAYS:
        redeliver(whole.path, day)
    return whole
