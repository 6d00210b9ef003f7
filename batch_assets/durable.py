"""Files that are on the disk before anybody relies on them: written beside their place, and put there whole.

Belongs here: writing, renaming, and having it on the disk. Does not belong here: what is in a file, and who may read it.
"""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have what was written to a file, or renamed in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unfinished(path: Path) -> Path:
    """Return where a file is written until it is whole: beside its place, hidden."""
    return path.with_name(f".{path.name}.unfinished")


def put(written: Path, path: Path) -> None:
    """Rename a file that was written beside its place, and have both on the disk."""
    sync(written)
    written.replace(path)
    sync(path.parent)


def replace(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace a file, whole or not at all; a new one gets the mode, less what the process takes from it."""
    written = unfinished(path)
    written.touch(mode=mode)
    written.write_bytes(content)
    put(written, path)
