"""Demand forecasts: pieces of each category on each of the next 14 days, with the interval that holds them 4 times of 5."""

import datetime
from collections.abc import Iterator, Sequence

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from ..features._horizon import HORIZON
from ..models._demand.fit import Forecast, forecast
from ..models._demand.frame import Frame, build_frame
from ..models.demand_model import LIGHTGBM, MODEL
from ..table.contract import Contract, Field
from ..table.table import table
from ..warehouse.artifacts import Artifacts

DECIMALS = 2


class DemandForecast(Contract):
    """Forecasts made at the end of a batch day."""

    batch_date: dt.Date = Field(description="the day at whose end the forecast was made")
    category: dt.String = Field(description="category, as in category_demand")
    target_date: dt.Date = Field(description="the day that is forecast, store-local")
    horizon: dt.Int64 = Field(ge=1, le=HORIZON, description="days from batch_date to target_date")
    units: dt.Float64 = Field(ge=0, description="pieces that will be sold: the median")
    lower: dt.Float64 = Field(ge=0, description="10 % quantile")
    upper: dt.Float64 = Field(ge=0, description="90 % quantile")
    model_version: dt.String = Field(description="version of demand_model in force on batch_date")

    class Config:
        """One row per batch_date, category and target_date."""

        unique = ["batch_date", "category", "target_date"]


def actual_against_forecast(demand_forecast: ir.Table, category_day_sales: ir.Table, day: datetime.date) -> str:
    """Return a chart of all categories: sold in 28 days, what was forecast for the last 14 of them, and the forecast."""
    from ..reporting.charts import lines

    asked = demand_forecast.filter(_.batch_date.isin([day, day - HORIZON * datetime.timedelta(days=1)]))
    forecasts = asked.group_by("batch_date", "target_date").agg(units=_.units.sum()).to_pandas()
    universe = demand_forecast.filter(_.batch_date == day).select("category").distinct()
    sold = category_day_sales.semi_join(universe, "category").group_by("sold_on").agg(units=_.units.sum()).order_by("sold_on").to_pandas().tail(28)
    series = {"sold": dict(zip(sold["sold_on"].dt.date, sold["units"], strict=True))}
    for made_on, rows in forecasts.groupby("batch_date"):
        series[f"forecast of {made_on:%Y-%m-%d}"] = dict(zip(rows["target_date"].dt.date, rows["units"], strict=True))
    return lines("Pieces a day, all categories", series)


@table(contract=DemandForecast, measure="units", show=actual_against_forecast, kinds=("duckdb", "lightgbm", "parquet"))
def demand_forecast(
    days: ir.Table, artifacts: Artifacts, category_demand: ir.Table, target_calendar: ir.Table, demand_model: ir.Table
) -> Iterator[pa.RecordBatch]:
    """Demand of the next 14 days by category. Grain: one row per batch_date, category and target_date."""
    models = _of(demand_model, sorted(days.to_pyarrow()["batch_date"].to_pylist())).sort_values("batch_date")
    for _version, in_force in models.groupby("version", sort=False):
        made_on = in_force["batch_date"].tolist()
        yield _batches(build_frame(_of(category_demand, made_on), _of(target_calendar, made_on)), in_force.iloc[0], artifacts)


def _of(rows: ir.Table, days: Sequence[datetime.date]) -> pd.DataFrame:
    return rows.filter(rows.batch_date.isin(days)).to_pandas()


def _batches(frame: Frame, model: pd.Series, artifacts: Artifacts) -> pa.RecordBatch:
    """Forecast the batches of the days on which a model is in force."""
    made = forecast(artifacts.all(MODEL, model["version"]), frame, model["interval_factor"])
    if model["in_force"] != LIGHTGBM:
        made = _with_units(made, frame.baselines[model["in_force"]])
    rows = frame.keys.drop(columns="is_closed").assign(
        units=np.round(made.units, DECIMALS),
        lower=np.round(made.lower, DECIMALS),
        upper=np.round(made.upper, DECIMALS),
        model_version=model["version"],
    )
    return pa.RecordBatch.from_pandas(rows, schema=DemandForecast.arrow_schema(), preserve_index=False)


def _with_units(made: Forecast, units: np.ndarray) -> Forecast:
    """Return the baseline's units within the model's interval, which is stretched to hold them."""
    return Forecast(units, np.minimum(made.lower, units), np.maximum(made.upper, units))
