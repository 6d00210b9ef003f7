"""What is seen of the replay's day while it lasts: a line, made anew of what has landed so far."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...settings import settings
from ...table.graph import configured_graph
from ...warehouse.connection import Warehouse
from ...warehouse.part import publish_part


def seen_so_far(place: Path) -> Callable[[], str]:
    """Return what makes the sales of the day in a place, and tells them in a line."""
    database, lake, published, models = (str(place / name) for name in ("warehouse.duckdb", "lake", "published", "models"))
    warehouse = Warehouse(database, lake, published, models, settings.lock_timeout)
    (table,) = (table for table in configured_graph().today() if table.name == "sales_today")

    def look() -> str:
        part = publish_part(table, warehouse)
        if part is None:
            return "the day is over"
        rows = pq.read_table(part.file)
        forecast = rows.filter(pc.is_valid(rows["forecast"]))
        units, expected = pc.sum(forecast["units"]).as_py() or 0, pc.sum(forecast["forecast"]).as_py() or 0
        return f"up to {part.reaches.astimezone(settings.zone):%H:%M}, {units:,} units sold of the {expected:,.0f} forecast"

    return look
