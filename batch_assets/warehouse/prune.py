"""Prune: remove what nothing that is published needs, once it is old enough: from the store of models, and from the store of rows.

A version is needed while a batch in force names it, or was made with it. What a model keeps beside its versions, in a folder of its
name and a word more, such as the fits that later backtests reuse, can be trained again at any time, so it is needed by nothing.
What is left over by a killed training is removed at any age: whoever trains holds the warehouse, and so does whoever prunes.

Belongs here: what may go of the store of models, and removing it. Does not belong here: what may go of a store's ledger or
files (`prune_ledger.py`, `delta/upkeep.py`). Of what is in force nothing goes.
"""

import datetime as dt
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..errors import WarehouseError
from .artifacts import SUMS
from .connection import Warehouse
from .verify_models import NAMED

_LEFT_OVER = re.compile(r"\..+\.[0-9a-f]{32}")
"""The name of a folder that is no version: one that was being written, or removed."""

_WITHOUT_RECEIPT = "select count(*) from quality.batches anti join quality.receipts using (publication, asset, batch_date) where asset like 'predictions.%'"
"""Predictions of which it is not known what they were made with: they were published before there were receipts."""


@dataclass(frozen=True)
class Unneeded:
    """A folder that may be removed: why, and the bytes in it."""

    folder: Path
    reason: str
    size: int


def prune(warehouse: Warehouse, before: dt.datetime, *, is_executed: bool) -> Iterator[str]:
    """Yield a line for each thing that nothing needs any more; remove all of it, if it may be.

    Raises:
        WarehouseError: there is no warehouse, nothing is published in it, or it is not known of a prediction what it was made with.
    """
    if not warehouse.store.exists():
        raise WarehouseError(f"{warehouse.database}: there is no warehouse here, so it is not known what is needed. Is the setting warehouse right?")
    does = "removed" if is_executed else "can go"
    with warehouse.connect() as con:
        folders = list(unneeded(con, Path(warehouse.models), before))
        if is_executed:
            remove(folders)
        of_store = list(warehouse.store.prune(con.con, before, is_executed=is_executed))
    for each in folders:
        yield f"{each.folder}: {does}; {each.reason}, {each.size / 1e6:.1f} MB"
    if folders:
        yield f"models, folders {does}: {len(folders)}, {sum(each.size for each in folders) / 1e6:.1f} MB"
    yield from of_store


def unneeded(con: Backend, models: Path, before: dt.datetime) -> Iterator[Unneeded]:
    """Yield what may be removed of the store of models: what nothing needs and was last changed before a time.

    Raises:
        WarehouseError: nothing is published in the warehouse, or it is not known of a prediction what it was made with.
    """
    _check_known(con)
    named = {(asset.split(".")[1], version) for asset, version, *_ in con.con.execute(NAMED).fetchall()}
    for folder in sorted(models.glob("*/*")):
        if folder.is_symlink() or not folder.is_dir():
            continue
        model, version = folder.parent.name, folder.name
        if _LEFT_OVER.fullmatch(version):
            yield Unneeded(folder, "left over by a process that was killed", _size(folder))
        elif (folder / SUMS).is_file() and (model, version) not in named and dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC) < before:
            yield Unneeded(folder, "kept for later trainings" if "." in model else "no published batch was made with it", _size(folder))


def remove(found: Iterable[Unneeded]) -> None:
    """Remove folders, each whole or not at all: a version that is removed in part would look damaged."""
    for each in found:
        going = each.folder.with_name(f".{each.folder.name}.{uuid.uuid4().hex}")
        each.folder.rename(going)
        shutil.rmtree(going)


def _check_known(con: Backend) -> None:
    ((published,),) = con.con.execute("select count(*) from quality.batches").fetchall()
    if not published:
        raise WarehouseError("nothing is published in this warehouse, so it cannot say which models are needed. Is the setting warehouse right?")
    ((unknown,),) = con.con.execute(_WITHOUT_RECEIPT).fetchall()
    if unknown:
        raise WarehouseError(
            f"{unknown} batches of predictions have no receipt, since they were published before receipts were kept; it is not known which models they "
            "were made with, so nothing can go. up-to-date --restate-past makes them again, with receipts."
        )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
