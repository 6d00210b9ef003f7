"""Which of a run's batches are to be published: whoever starts a run asks for all of them, a schedule or a sensor for those that nobody acted upon yet.

Does not belong here: what `up-to-date` leaves standing, which its plan says (`warehouse/planned.py`).
"""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from ..table.table import Table
from ..warehouse.connection import Warehouse
from ..warehouse.ledger import recorded

_STARTED_BY_ITSELF = ("dagster/schedule_name", "dagster/sensor_name", "dagster/from_automation_condition")
_AGAIN, _AGAIN_BY_ITSELF = "dagster/parent_run_id", "dagster/retry_number"
"""A run that a person starts again keeps the tags of the schedule that started the first; one that Dagster restarts has a number, too."""


def standing(run: dg.DagsterRun, table: Table, warehouse: Warehouse, days: Sequence[dt.date]) -> list[dt.date]:
    """Return the days whose published batch stands, since nobody asked for another."""
    if not table.stands or _is_asked_for(run):
        return []
    with warehouse.connect() as con:
        published = recorded(con, table.asset)
    return [day for day in days if day in published]


def _is_asked_for(run: dg.DagsterRun) -> bool:
    is_by_itself = any(tag in run.tags for tag in _STARTED_BY_ITSELF)
    return not is_by_itself or (_AGAIN in run.tags and _AGAIN_BY_ITSELF not in run.tags)
