"""Every category that has features has a forecast for every day of the horizon."""

import dagster as dg
import ibis.expr.types as ir
from ibis import _

from ..engine.published import published
from ..features._horizon import HORIZON
from ..orchestration.resource import WarehouseResource
from ..predictions.demand_forecast import demand_forecast


def incomplete(demand_forecast: ir.Table, category_demand: ir.Table) -> ir.Table:
    """Return the categories of the latest batch that lack forecasts for some days, and how many days they have."""
    latest = demand_forecast.batch_date.max().as_scalar()
    forecast = demand_forecast.filter(_.batch_date == latest).group_by("category").agg(days=_.count())
    known = category_demand.filter(_.batch_date == latest).select("category")
    return known.left_join(forecast, "category").select("category", days=_.days.fill_null(0)).filter(_.days != HORIZON).order_by("category")


@dg.asset_check(asset=["predictions", "demand_forecast"], description=f"The latest batch has {HORIZON} days of forecasts for every category that has features.")
def forecast_is_complete(warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """Compare the latest batch of forecasts with the features it was computed from."""
    with warehouse.warehouse.connect() as con:
        missing = incomplete(*(published(con, demand_forecast, name) for name in ("demand_forecast", "category_demand"))).to_pandas()
    named = ", ".join(f"{row.category} ({row.days} days)" for row in missing.head().itertuples())
    return dg.AssetCheckResult(passed=missing.empty, metadata={"incomplete": len(missing), "such_as": named or "none"})
