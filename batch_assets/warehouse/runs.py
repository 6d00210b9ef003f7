"""What a run ran with: code, Python, libraries and settings, one row a run.

Does not belong here: the version of a table's code, which the ledger has for each batch (`table/code_version.py`).
"""

import datetime as dt
import json
import platform
import subprocess
from collections.abc import Mapping

from ..settings import PROJECT
from ..table.code_version import library_versions, settings_in_rows

LIBRARIES = ("dagster", "duckdb", "ibis-framework", "lightgbm", "numpy", "orjson", "pandas", "pandera", "pyarrow", "python-dateutil", "tzdata")
"""Those that rows, or the order in which they are made, may depend on."""


def run_of(run_id: str) -> Mapping[str, object]:
    """Return what a run runs with."""
    return {
        "run_id": run_id,
        "published_at": dt.datetime.now(dt.UTC),
        "commit_hash": _commit(),
        "python": platform.python_version(),
        "libraries": json.dumps(library_versions(*LIBRARIES)),
        "settings": json.dumps(settings_in_rows(), sort_keys=True),
    }


def _commit() -> str | None:
    """Return the commit that is checked out; None if the package was installed without its repository."""
    if not (PROJECT / ".git").exists():
        return None
    try:
        told = subprocess.run(["git", "-C", str(PROJECT), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603, S607 - git of the user's path
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip()
