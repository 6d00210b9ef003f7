"""Backfill: a range of days is published in pieces of bounded size, each atomic. A day that fails does not block the others."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import BatchError, EngineError, WarehouseError
from ..settings import settings
from ..table.table import Table
from .connection import Warehouse
from .plan import Refusal, pieces, ready_days
from .publication import Published, publish


def backfill(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Iterator[Published | Refusal]:
    """Publish the batches of `days`; yield each publication as soon as it is committed, and each day that fails.

    Raises:
        WarehouseError: another process holds the warehouse. What was yielded stays published.
        StorageError: a disk, memory or network error. What was yielded stays published.
    """
    refused: list[Refusal] = []
    cut = [list(days)] if days else []
    if len(days) > 1:
        with warehouse.connect() as con:
            lake = Path(warehouse.lake)
            ready, refused = ready_days(con, table, days, lake)
            cut = pieces(con, table, ready, lake, settings.publication_bytes)
    yield from refused
    for piece in cut:
        yield from _published(table, warehouse, piece, run_id)


def _published(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Iterator[Published | Refusal]:
    """Publish days together. If one of them causes a failure, publish the others without it."""
    try:
        outcome: Published | Refusal = publish(table, warehouse, days, run_id)
    except WarehouseError:
        raise
    except (BatchError, EngineError) as error:
        if len(days) == 1:
            outcome = Refusal(days[0], error)
        elif isinstance(error, BatchError) and error.day and error.day in days:
            yield from _around(table, warehouse, days, Refusal(error.day, error), run_id)
            return
        else:
            for day in days:
                yield from _published(table, warehouse, [day], run_id)
            return
    yield outcome


def _around(table: Table, warehouse: Warehouse, days: Sequence[dt.date], refusal: Refusal, run_id: str) -> Iterator[Published | Refusal]:
    """Publish the days before a refused day, and those after it."""
    at = days.index(refusal.day)
    before, after = days[:at], days[at + 1 :]
    yield from _published(table, warehouse, before, run_id) if before else ()
    yield refusal
    yield from _published(table, warehouse, after, run_id) if after else ()
