"""Folders of temporary files, each of one process alone, which holds its lock: the next process removes what one left that was killed.

Belongs here: whose a folder is. Does not belong here: what lies in it.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

_LOCK = "lock"


@contextmanager
def own_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder, which only its owner can read; remove it in the end."""
    _remove_leftovers(parent, prefix)
    folder = _made(parent, prefix)
    # Under another name until it is locked: a process that finds a lock which nobody holds removes the folder.
    with (folder / f".{_LOCK}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / f".{_LOCK}").rename(folder / _LOCK)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _made(parent: Path, prefix: str) -> Path:
    """Make a folder, and the one above it again if another process has removed that meanwhile since it was empty."""
    while True:
        parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return Path(mkdtemp(prefix=prefix, dir=parent))


def _remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove the folders that nobody holds."""
    for path in parent.glob(f"{prefix}*/{_LOCK}"):
        with suppress(FileNotFoundError), path.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path.parent, ignore_errors=True)
