"""DAGSTER_HOME: the folder of Dagster's events, which the commands and the UI share.

Belongs here: which folder that is, and what is told of a run whose events nobody would ever see. Does not belong here: how events are
stored (`event_log.py`).
"""

import os
import shutil
from pathlib import Path

import dagster as dg

from ..settings import PROJECT, settings, told_in_file
from ..warehouse.permissions import make_folder

_NAME = "DAGSTER_HOME"
_DEFAULT = PROJECT / "data" / "dagster"
_CONFIGURATION = "dagster.yaml"
_RUNS = "history/runs.db"
"""Where Dagster's own storage, and ours, keeps the runs."""


def instance() -> dg.DagsterInstance:
    """Return Dagster's instance: of the `.env` that counts, of the environment, or the one that `make ui` uses.

    Raises:
        DagsterError: the folder is none that Dagster can use.
    """
    told = told_in_file().get(_NAME) or os.environ.get(_NAME)
    if not told:
        _make_default()
    os.environ[_NAME] = told or str(_DEFAULT)
    return dg.DagsterInstance.get()


def known_instance() -> dg.DagsterInstance | None:
    """Return Dagster's instance, unless it has no runs yet: nothing is made."""
    told = told_in_file().get(_NAME) or os.environ.get(_NAME)
    return instance() if (Path(told or _DEFAULT) / _RUNS).is_file() else None


def why_forgotten(instance: dg.DagsterInstance, database: str) -> str | None:
    """Return why Dagster would never show what a run publishes; None if it would, or if the warehouse is a tryout's and not the one in the settings."""
    is_kept = bool(os.environ.get(_NAME)) and not instance.is_ephemeral
    if is_kept or _whole(database) != _whole(str(settings.warehouse)):
        return None
    return (
        f"{_NAME} is not set, so Dagster's UI would never show what this run publishes in {database}. "
        f"Set it to the folder that the UI uses: export {_NAME}={_DEFAULT}"
    )


def _whole(location: str) -> str:
    return location if "://" in location else str(Path(location).absolute())


def _make_default() -> None:
    make_folder(_DEFAULT)
    example = PROJECT / f"{_CONFIGURATION}.example"
    if example.exists() and not (_DEFAULT / _CONFIGURATION).exists():
        shutil.copyfile(example, _DEFAULT / _CONFIGURATION)
