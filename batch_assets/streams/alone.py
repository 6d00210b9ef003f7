"""One lander of a stream at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import LakeError
from .stream import Landed


@contextmanager
def alone(stream: Landed, root: Path) -> Iterator[Path]:
    """Be the only lander of a stream; yield the file that says so.

    Raises:
        LakeError: another process is.
    """
    folder = stream.days(root)
    folder.mkdir(parents=True, exist_ok=True)
    held = folder / ".lander"
    with held.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LakeError(f"{folder}: another process lands {stream.name}. End it first; nothing was landed.") from error
        yield held
