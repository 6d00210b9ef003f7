"""Gaps in the ledger: days that a table has not been published for, after the first that it has.

Does not belong here: batches that are there and no longer what their inputs make (`plan.py`).
"""

import datetime as dt
from collections.abc import Iterable

from ibis.backends.duckdb import Backend

from ..partitions import days_between


def gaps(con: Backend, assets: Iterable[str], last: dt.date) -> list[dt.date]:
    """Return the days up to `last`, oldest first, of which a table has no batch, though it has one of an earlier day."""
    published: dict[str, set[dt.date]] = {}
    for asset, day in con.con.execute("select distinct asset, batch_date from quality.ledger").fetchall():
        published.setdefault(asset, set()).add(day)
    found = {day for asset in assets if (there := published.get(asset)) for day in days_between(min(there), last) if day not in there}
    return sorted(found)
