"""The stream's place: a lake and a warehouse of its own, which begin as the demo's, but for the day that comes by the stream."""

import datetime as dt
import os
import shutil
from pathlib import Path

from ...warehouse.permissions import make_folder
from ..damage import BROKEN_DAYS
from ..files import SEND_AGAIN, TILL, place

_MARK = ".stream"
_COPIED = ("warehouse.duckdb", "published", "models", "dagster")


def begin(demo: Path, folder: Path, day: dt.date) -> Path:
    """Make the place anew, and return its lake, in which the day's till file is not.

    Args:
        demo: the folder that has the demo's lake and warehouse.
        folder: the place; if it is there, it must be that of an earlier replay, which is removed.
        day: the day that comes by the stream.

    Raises:
        OSError: the demo is not there, or the folder is something else.
    """
    if not (demo / "warehouse.duckdb").exists():
        raise FileNotFoundError(f"{demo} has no warehouse of the demo. Run make demo first.")
    if folder.exists() and not (folder / _MARK).exists():
        raise FileExistsError(f"{folder} exists, and no replay made it: choose another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    (folder / _MARK).touch()
    shutil.copytree(demo / "lake", folder / "lake", copy_function=os.link)
    place(folder / "lake", TILL, day).unlink()
    for path in (demo / name for name in _COPIED if (demo / name).exists()):
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, folder / path.name)
    return folder / "lake"


def till_file(lake: Path, day: dt.date) -> Path:
    """Return the till file of a day as it is right: three days of the demo arrive corrupt."""
    return place(lake, SEND_AGAIN if day in BROKEN_DAYS else TILL, day)
