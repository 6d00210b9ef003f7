"""Prune: remove from the store of models what nothing that is published needs, once it is old enough.

A version is needed while a batch in force names it, or was made with it. What a model keeps beside its versions, in a folder of its
name and a word more, such as the fits that later backtests reuse, can be trained again at any time, so it is needed by nothing.
What is left over by a killed training is removed at any age: whoever trains holds the warehouse, and so does whoever prunes.

Belongs here: what may go, and removing it. Does not belong here: tables, ledger and receipts, of which nothing goes.
"""

import datetime as dt
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from .verify import NAMED

_LEFT_OVER = "."
"""How the name of a folder begins that is no version: one that was being written, or removed."""


@dataclass(frozen=True)
class Unneeded:
    """A folder that may be removed: why, and the bytes in it."""

    folder: Path
    reason: str
    size: int


def unneeded(con: Backend, models: Path, before: dt.datetime) -> Iterator[Unneeded]:
    """Yield what may be removed of the store of models: what nothing needs and was last changed before a time."""
    named = {(asset.split(".")[1], version) for asset, version, *_ in con.con.execute(NAMED).fetchall()}
    for folder in sorted(models.glob("*/*")):
        if not folder.is_dir():
            continue
        model, version = folder.parent.name, folder.name
        if version.startswith(_LEFT_OVER):
            yield Unneeded(folder, "left over by a process that was killed", _size(folder))
        elif (model, version) not in named and dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC) < before:
            yield Unneeded(folder, "kept for later trainings" if "." in model else "no published batch was made with it", _size(folder))


def remove(found: Iterable[Unneeded]) -> None:
    """Remove folders, each whole or not at all: a version that is removed in part would look damaged."""
    for each in found:
        going = each.folder.with_name(f"{_LEFT_OVER}{each.folder.name}.{uuid.uuid4().hex}")
        each.folder.rename(going)
        shutil.rmtree(going)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
