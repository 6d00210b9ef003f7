"""Demand forecasts: units of each category on each of the next 14 days, with an 80 % prediction interval."""

import datetime
from functools import lru_cache

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from ..features._horizon import HORIZON
from ..models._demand.fit import Forecast, Forecaster
from ..models._demand.frame import STORE, build_frame
from ..models.demand_model import LIBRARIES, LIGHTGBM
from ..table.chart import Lines
from ..table.contract import Contract, Field, rule
from ..table.model import Version
from ..table.table import table

DECIMALS = 2


class DemandForecast(Contract):
    """Forecasts made at the end of a batch day."""

    batch_date: dt.Date = Field(description="the day at the end of which the forecast was made")
    category: dt.String = Field(description="category, as in category_demand")
    target_date: dt.Date = Field(description="the store-local day that is forecast")
    horizon: dt.Int64 = Field(ge=1, le=HORIZON, description="days from batch_date to target_date")
    units: dt.Float64 = Field(ge=0, description="forecast of units sold: the median")
    lower: dt.Float64 = Field(ge=0, description="10 % quantile: the lower bound of the 80 % prediction interval")
    upper: dt.Float64 = Field(ge=0, description="90 % quantile: the upper bound of the 80 % prediction interval")
    is_closed: dt.Boolean = Field(
        description="whether nothing will be sold: the store is closed by the calendar of batch_date, or never was open on that weekday in 13 weeks"
    )
    model_version: dt.String = Field(description="version of demand_model in force on batch_date")

    @rule
    def the_interval_holds_the_median(cls, rows: ir.Table) -> ir.BooleanValue:
        """`lower <= units <= upper`."""
        return (rows.lower <= rows.units) & (rows.units <= rows.upper)

    class Config:
        """One row per batch_date, category and target_date."""

        unique = ["batch_date", "category", "target_date"]


def actual_against_forecast(demand_forecast: ir.Table, category_day_sales: ir.Table, day: datetime.date) -> Lines:
    """Describe a chart over all categories: units sold in the last 28 days, the forecast made 14 days ago, and the new forecast."""
    asked = demand_forecast.filter(_.batch_date.isin([day, day - HORIZON * datetime.timedelta(days=1)]))
    forecasts = asked.group_by("batch_date", "target_date").agg(units=_.units.sum()).to_pandas()
    universe = demand_forecast.filter(_.batch_date == day).select("category").distinct()
    sold = category_day_sales.semi_join(universe, "category").group_by("sold_on").agg(units=_.units.sum()).order_by("sold_on").to_pandas().tail(28)
    series = {"sold": dict(zip(sold["sold_on"].dt.date, sold["units"], strict=True))}
    for made_on, rows in forecasts.groupby("batch_date"):
        series[f"forecast of {made_on:%Y-%m-%d}"] = dict(zip(rows["target_date"].dt.date, rows["units"], strict=True))
    return Lines("Units a day, all categories", series)


def targets(category_demand: ir.Table, target_calendar: ir.Table, store_demand: ir.Table) -> ir.Table:
    """Return the rows to forecast: what is known about each category and the store, for each target day."""
    of_store = store_demand.rename({STORE.format(name=name): name for name in store_demand.columns if name != "batch_date"})
    return category_demand.join(target_calendar, "batch_date").join(of_store, "batch_date")


@table(
    contract=DemandForecast,
    measure="units",
    scores=targets,
    show=actual_against_forecast,
    kinds=("duckdb", "lightgbm", "parquet"),
    libraries=LIBRARIES,
)
def demand_forecast(rows: pa.RecordBatch, demand_model: Version) -> pa.RecordBatch:
    """Demand over the next 14 days, by category. Grain: one row per batch_date, category and target_date."""
    frame = build_frame(rows.to_pandas(date_as_object=False))
    made = _forecaster(demand_model).forecast(frame, demand_model.row["interval_factor"])
    if demand_model.row["in_force"] != LIGHTGBM:
        made = _with_units(made, frame.baselines[demand_model.row["in_force"]])
    forecasts = frame.keys.assign(
        units=np.round(made.units, DECIMALS),
        lower=np.round(made.lower, DECIMALS),
        upper=np.round(made.upper, DECIMALS),
        model_version=demand_model.version,
    )
    return pa.RecordBatch.from_pandas(forecasts, schema=DemandForecast.arrow_schema(), preserve_index=False)


@lru_cache(maxsize=2)
def _forecaster(model: Version) -> Forecaster:
    """Return a version's models; cached, so that they are parsed once."""
    return Forecaster(model.files)


def _with_units(made: Forecast, units: np.ndarray) -> Forecast:
    """Return the baseline's units with the model's interval, widened where needed to contain them."""
    return Forecast(units, np.minimum(made.lower, units), np.maximum(made.upper, units))
