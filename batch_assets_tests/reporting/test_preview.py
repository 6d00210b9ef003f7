"""Previews: a few rows, and a chart that knows nothing of later days."""

import datetime as dt
from pathlib import Path

import ibis.expr.types as ir

from batch_assets.reporting.preview import preview
from batch_assets.table.chart import Bars
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..engine.conftest import like
from ..shop import PACKAGE
from ..shop_lake import day_of, write_days


def test_a_chart_sees_the_days_up_to_its_own(warehouse: Warehouse) -> None:
    days = write_days(Path(warehouse.lake), 4)
    for name in ("shelf_counts", "shelf_kinds", "kind_counts", "recent_counts"):
        publish(Graph(PACKAGE).table(name), warehouse, days, "run")
    seen: list[dt.date] = []

    def kinds_chart(kind_counts: ir.Table, day: dt.date) -> Bars:
        seen.extend(sorted(set(kind_counts.to_pyarrow()["batch_date"].to_pylist())))
        return Bars("Kinds", [], {})

    table = like("recent_counts", Graph(PACKAGE).table("recent_counts").function, show=kinds_chart)
    shown = preview(table, warehouse, day_of(2))
    assert shown["kinds_chart"].startswith("![Kinds](data:image/svg")
    assert seen == days[:3]
