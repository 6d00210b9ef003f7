"""The same graph in tutorial style: assets that take and return pandas frames, through `DuckDBPandasIOManager`.

Each asset calls the project's own function for that table, so the calculation and its results are the same; only the
surrounding machinery differs. Look-backs are partition mappings, so the I/O manager loads all the days needed into
pandas. Dagster runs each asset in its own process, as it does by default, and each day in its own run, since a
partition of the I/O manager is one day.

Whatever tutorial style does not offer is left out, which is to its advantage: no contracts, quarantine, content hashes,
checks or Parquet files; lines that cannot be read are dropped, and products do not move between categories. It has no ledger
either, which model versions are derived from. So the history's ledger is copied in, to reuse earlier fits as the project does,
and its own days get a constant.
"""

import datetime as dt
import gzip
import json
from collections.abc import Sequence
from typing import Any, cast

import dagster as dg
import duckdb
import ibis
import pandas as pd
import pyarrow as pa
from dagster_duckdb_pandas import DuckDBPandasIOManager

from batch_assets.orchestration.partitions import DAILY
from batch_assets.predictions.demand_forecast import demand_forecast as demand_forecast_table
from batch_assets.predictions.demand_forecast import targets
from batch_assets.settings import settings
from batch_assets.table.model import Version
from batch_assets.table.table import Rows
from batch_assets.warehouse.artifacts import Artifacts

from .workshop import GRAPH

_MOVES = "category_moves"


def _table(name: str) -> Any:
    """Return the arguments that all of these assets have."""
    table = GRAPH.table(name)
    ins = {
        upstream: dg.AssetIn(key=[GRAPH.table(upstream).layer, upstream], partition_mapping=_mapping(table.lookback.get(upstream, 0)))
        for upstream in table.tables
        if upstream != _MOVES
    }
    return dg.asset(key=[table.layer, name], ins=ins, partitions_def=DAILY, metadata={"partition_expr": "batch_date"})


def _mapping(look_back: int | None) -> dg.TimeWindowPartitionMapping:
    return dg.TimeWindowPartitionMapping(start_offset=-36_525 if look_back is None else -look_back, allow_nonexistent_upstream_partitions=True)


@_table("products")
def products(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """Read the catalogue's file of a day."""
    source = GRAPH.source("catalogue")
    with source.path(settings.lake, _day(context)).open(encoding="utf-8") as file:
        listed = [row for line in file if (row := _object(line))]
    text = {name: [None if row[name] is None else str(row[name]) for row in listed] for name in source.columns}
    return _made("products", catalogue=_raw("catalogue", pd.DataFrame(text, dtype=object), _day(context), 1))


@_table("promotions")
def promotions(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """Read the promotions that are announced on a day."""
    source = GRAPH.source("promotion_plan")
    with gzip.open(source.path(settings.lake, _day(context)), "rt", encoding="utf-8") as file:
        planned = json.load(file)["promotions"]
    text = {name: [None if row.get(name) is None else str(row[name]) for row in planned] for name in source.columns}
    return _made("promotions", promotion_plan=_raw("promotion_plan", pd.DataFrame(text, dtype=object), _day(context), 1))


@_table("till_lines")
def till_lines(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """Read the till file of a day."""
    source = GRAPH.source("pos_log")
    with gzip.open(source.path(settings.lake, _day(context)), "rt", encoding="utf-8", errors="replace") as file:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False, on_bad_lines="skip")
    rows = rows[~rows["customer_name"].str.contains("\ufffd")]
    return _made("till_lines", pos_log=_raw("pos_log", rows, _day(context), 2))


@_table("sales_lines")
def sales_lines(context: dg.AssetExecutionContext, till_lines: pd.DataFrame) -> pd.DataFrame:
    """Leave out lines that were sent before."""
    return _made("sales_lines", days=_days(context), **_known(till_lines=till_lines))


@_table("category_day_sales")
def category_day_sales(context: dg.AssetExecutionContext, sales_lines: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Sum the day's sales by category."""
    return _made("category_day_sales", days=_days(context), **_known(sales_lines=sales_lines, products=products))


@_table("category_demand")
def category_demand(context: dg.AssetExecutionContext, category_day_sales: pd.DataFrame, promotions: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Sum the last quarter's sales by category, and count what is promoted."""
    known = _known(category_day_sales=category_day_sales, promotions=promotions, products=products, category_moves=_no_moves())
    return _made("category_demand", days=_days(context), **known)


@_table("store_demand")
def store_demand(context: dg.AssetExecutionContext, category_demand: pd.DataFrame) -> pd.DataFrame:
    """Sum the categories."""
    return _made("store_demand", **_known(category_demand=category_demand))


@_table("target_calendar")
def target_calendar(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """Describe the days to come."""
    return _made("target_calendar", days=_days(context))


@_table("demand_model")
def demand_model(
    context: dg.AssetExecutionContext,
    category_demand: pd.DataFrame,
    target_calendar: pd.DataFrame,
    store_demand: pd.DataFrame,
    category_day_sales: pd.DataFrame,
) -> pd.DataFrame:
    """Train the model on Mondays, find it on other days."""
    frames = {
        "category_demand": category_demand,
        "target_calendar": target_calendar,
        "store_demand": store_demand,
        "category_day_sales": category_day_sales,
    }
    assets = {f"{GRAPH.table(name).layer}.{name}": frame for name, frame in frames.items()}
    return _made(
        "demand_model", days=_days(context), ledger=_ledger(assets), artifacts=Artifacts(settings.models), **_known(**frames, category_moves=_no_moves())
    )


@_table("demand_forecast")
def demand_forecast(
    context: dg.AssetExecutionContext,
    category_demand: pd.DataFrame,
    target_calendar: pd.DataFrame,
    store_demand: pd.DataFrame,
    demand_model: pd.DataFrame,
) -> pd.DataFrame:
    """Forecast the days to come."""
    known = _known(category_demand=category_demand, target_calendar=target_calendar, store_demand=store_demand)
    ((_, model),) = demand_model[demand_model["batch_date"] == pd.Timestamp(_day(context))].iterrows()
    version = Version("demand_model", model["version"], model.to_dict(), Artifacts(settings.models).all("demand_model", model["version"]))
    rows = targets(**known).to_pyarrow().combine_chunks().to_batches()
    return pa.Table.from_batches([cast(pa.RecordBatch, demand_forecast_table(rows=batch, demand_model=version)) for batch in rows]).to_pandas()


def _no_moves() -> pd.DataFrame:
    """Return no moves: to follow products from category to category, each run would have to load the whole year's lines."""
    return pd.DataFrame(columns=GRAPH.table(_MOVES).contract.columns())


def _object(line: str) -> dict[str, Any] | None:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _day(context: dg.AssetExecutionContext) -> dt.date:
    return dt.date.fromisoformat(context.partition_key)


def _days(context: dg.AssetExecutionContext) -> ibis.Table:
    return ibis.memtable(pa.table({"batch_date": pa.array([_day(context)], pa.date32())}))


def _raw(name: str, rows: pd.DataFrame, day: dt.date, first_line: int) -> ibis.Table:
    origin = {"batch_date": day, "source_file": str(GRAPH.source(name).pattern.format(day=day)), "source_line": range(first_line, first_line + len(rows))}
    return ibis.memtable(pa.Table.from_pandas(rows.assign(**origin), schema=GRAPH.source(name).schema, preserve_index=False))


def _known(**frames: pd.DataFrame) -> dict[str, ibis.Table]:
    """Return frames from the I/O manager as the function expects them; DuckDB's dates come as times, and whole numbers with gaps as floats."""
    schemas = {name: GRAPH.table(name).contract.arrow_schema() for name in frames}
    return {name: ibis.memtable(pa.Table.from_pandas(rows, schema=schemas[name], preserve_index=False)) for name, rows in frames.items()}


def _made(name: str, **tables: Any) -> pd.DataFrame:
    """Return the accepted rows that a table's function makes, as a frame with the contract's columns."""
    columns: Sequence[str] = list(GRAPH.table(name).contract.columns())
    rows: Rows = GRAPH.table(name)(**tables)
    if not isinstance(rows, ibis.Table):
        return pa.Table.from_batches(list(rows)).to_pandas()[columns]
    accepted = rows.filter(rows.reject_reason.isnull()) if "reject_reason" in rows.columns else rows
    return accepted.select(*columns).to_pyarrow().to_pandas()


def _ledger(frames: dict[str, pd.DataFrame]) -> ibis.Table:
    with duckdb.connect(str(settings.warehouse)) as con:
        copied = con.execute("select asset, batch_date::date as batch_date, content from history.ledger").df()
    days = [frame[["batch_date"]].drop_duplicates().assign(asset=asset, content="tutorial") for asset, frame in frames.items()]
    ledger = pd.concat([copied[copied["asset"].isin(frames)], *days]).drop_duplicates(["asset", "batch_date"])
    return ibis.memtable(ledger[["asset", "batch_date", "content"]]).mutate(batch_date=ibis._.batch_date.cast("date"))


defs = dg.Definitions(
    [products, promotions, till_lines, sales_lines, category_day_sales, category_demand, store_demand, target_calendar, demand_model, demand_forecast],
    resources={"io_manager": DuckDBPandasIOManager(database=str(settings.warehouse))},
    executor=dg.multiprocess_executor,
)
