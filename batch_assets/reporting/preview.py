"""What the UI shows of a batch besides its measures: a few rows, and the table's chart, if any. An error here never fails a run."""

import datetime as dt
import inspect
from collections.abc import Callable

import pyarrow as pa
from ibis import _

from ..engine.published import first_rows, published, without_private
from ..table.table import Table
from ..warehouse.connection import Warehouse
from .charts import draw
from .markdown import as_text

_ROWS, _WIDTH = 5, 40


def preview(table: Table, warehouse: Warehouse, day: dt.date) -> dict[str, str]:
    """Return what to show of a published batch, as Markdown by title; if something cannot be shown, the reason."""
    shown = {"preview": _rows_of}
    if table.show:
        shown[table.show.__name__] = _chart_of
    return {title: _or_why_not(title, show, table, warehouse, day) for title, show in shown.items()}


def _or_why_not(title: str, show: Callable[[Table, Warehouse, dt.date], str], table: Table, warehouse: Warehouse, day: dt.date) -> str:
    try:
        return show(table, warehouse, day)
    except Exception as error:
        return f"The {title.replace('_', ' ')} could not be made: {error}"


def _rows_of(table: Table, warehouse: Warehouse, day: dt.date) -> str:
    with warehouse.connect() as con:
        return _markdown(first_rows(con, table, day, _ROWS))


def _chart_of(table: Table, warehouse: Warehouse, day: dt.date) -> str:
    assert table.show
    names = inspect.signature(table.show).parameters
    with warehouse.connect() as con:
        known = {name: without_private(table, name, published(con, table, name)).filter(_.batch_date <= day) for name in names if name != "day"}
        return draw(table.show(day=day, **known))


def _markdown(rows: pa.Table) -> str:
    names = rows.column_names
    lines = [names, ["---"] * len(names), *([as_text(str(row[name])[:_WIDTH]) for name in names] for row in rows.to_pylist())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
