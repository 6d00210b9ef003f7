"""Every category that has features has a forecast for each of the days to come."""

import dagster as dg

from ..features._horizon import HORIZON
from ..warehouse.connection import Warehouse

_MISSING = f"""
    with latest as (select max(batch_date) as day from predictions.demand_forecast)
    select d.category, count(f.target_date)
    from features.category_demand d
    join latest on d.batch_date = latest.day
    left join predictions.demand_forecast f on f.batch_date = d.batch_date and f.category = d.category
    group by d.category having count(f.target_date) <> {HORIZON} order by 1
"""


@dg.asset_check(asset=["predictions", "demand_forecast"], description=f"The latest batch has {HORIZON} days of every category that has features.")
def forecast_is_complete(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Compare the latest batch of forecasts with the features it was made from."""
    with warehouse.connect() as con:
        missing = con.con.execute(_MISSING).fetchall()
    named = ", ".join(f"{category} ({days} days)" for category, days in missing[:5])
    return dg.AssetCheckResult(passed=not missing, metadata={"incomplete": len(missing), "such_as": named or "none"})
