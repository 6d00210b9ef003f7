"""Where rows lie on their way to Spark and back: a folder for each batch that is made, which the publishing process and Spark's workers share.

A folder is removed when its rows were taken in. The next process removes those of processes that were killed, which it tells by their lock.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from ...settings import settings

_LOCK = "lock"


@contextmanager
def in_transit() -> Iterator[Path]:
    """Give a new folder, which only its owner can read; remove it in the end."""
    settings.staging.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(settings.staging)
    folder = Path(mkdtemp(prefix="rows_", dir=settings.staging))
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(staging: Path) -> None:
    """Remove the folders that nobody holds."""
    for path in staging.glob(f"rows_*/{_LOCK}"):
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path.parent, ignore_errors=True)
