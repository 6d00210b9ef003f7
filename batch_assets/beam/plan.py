"""What a pipeline needs of the warehouse, as files that its workers reach: the published rows of earlier days, and which model is in force.

The warehouse is asked once, where the pipeline is started; no worker opens it. Personal data is in none of the files.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine.standalone import without_private
from ..errors import UntrainedError
from ..partitions import retrain_day
from ..settings import Settings, settings
from ..table.graph import configured_graph
from ..table.table import Table
from ..warehouse.ledger import contents, inputs_hash
from .files import write_rows

PREDICTION = "demand_forecast"
_SECRET = "pseudonym_salt"  # noqa: S105 (the name of a setting)


@dataclass(frozen=True)
class Plan:
    """What workers have to know.

    Attributes:
        day: the batch day.
        made: the tables that are made, each after those that it reads.
        known: by table, the path of its published rows of earlier days.
        model: the row of the model that is in force, by column.
        settings: the settings, without secrets: only what is private or stands for it depends on those.
    """

    day: dt.date
    made: Sequence[str]
    known: Mapping[str, str]
    model: Mapping[str, Any]
    settings: Mapping[str, Any]


def planned(con: Any, day: dt.date, folder: str) -> Plan:
    """Write the rows of earlier days that a day's forecasts are made from, and return the plan.

    Args:
        con: the warehouse.
        day: the batch day.
        folder: the folder for them, a path or URL that the workers reach.

    Raises:
        MissingBatchError: earlier days are not published.
        UntrainedError: no model is in force.
    """
    graph = configured_graph()
    *upstreams, prediction = graph.with_upstreams([PREDICTION])
    made = [table for table in upstreams if table.name not in prediction.models]
    first = _first_days(con, [*made, prediction], day)
    known = {table.name: f"{folder.rstrip('/')}/{table.name}.parquet" for table in made if table.name in first}
    for table in made:
        if table.name in known:
            query = f'select * {without_private(table)} from {table.layer}."{table.name}" where batch_date >= ? and batch_date < ?'
            write_rows(con.con.execute(query, [first[table.name], day]).to_arrow_table(), known[table.name])
    told = {name: getattr(settings, name) for name in Settings.model_fields if name != _SECRET}
    return Plan(day, [table.name for table in made], known, _model(con, prediction.models[0], day), told)


def _first_days(con: Any, tables: Sequence[Table], day: dt.date) -> dict[str, dt.date]:
    """Return, by table, the first day of which any of some tables reads rows; check that all earlier days are published that are read."""
    first: dict[str, dt.date] = {}
    for table in tables:
        upstreams = [upstream for upstream in table.upstreams if upstream.asset.partition(".")[2] not in table.models]
        there = contents(con, upstreams, [day]) | {(upstream.asset, day): "" for upstream in upstreams}
        for upstream in upstreams:
            inputs_hash(there, upstream, day)
            name = upstream.asset.partition(".")[2]
            first[name] = min(first.get(name, day), upstream.known([day])[0])
    return first


def _model(con: Any, name: str, day: dt.date) -> dict[str, Any]:
    """Return the row of the model in force: that of the last day since the retrain day that has one."""
    query = f'select * exclude (batch_date) from models."{name}" where batch_date between ? and ? order by batch_date desc limit 1'
    rows = con.con.execute(query, [retrain_day(day), day]).to_arrow_table().to_pylist()
    if not rows:
        raise UntrainedError(f"batch {day}: no {name} is published of {retrain_day(day)}, the retrain day, or later. Publish it first.", day=day)
    return {**rows[0]}
