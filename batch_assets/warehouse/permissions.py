"""Who may read what is written: its owner alone.

A folder is made for its owner alone, and so is the warehouse's file; what lies in the folder is then out of others' reach. A folder that is
there already keeps its permissions: whoever opens it to others, once, has it so.
"""

from pathlib import Path

OWNERS_FOLDER, OWNERS_FILE = 0o700, 0o600


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, for their owner alone, if they are not there."""
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    path.mkdir(mode=OWNERS_FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for its owner alone, if it is not there."""
    path.touch(mode=OWNERS_FILE, exist_ok=True)
