"""forecast_is_complete names the categories without a whole forecast."""

import dagster as dg

from batch_assets.checks.forecast_is_complete import forecast_is_complete
from batch_assets.orchestration.resource import WarehouseResource

_TABLES = """
    create schema features; create schema predictions;
    create table features.category_demand as select date '2017-12-11' as batch_date, unnest(['BREAD', 'MILK']) as category;
    create table predictions.demand_forecast as
        select date '2017-12-11' as batch_date, category, target_date
        from features.category_demand, (select unnest(generate_series(date '2017-12-12', date '2017-12-25', interval 1 day))::date as target_date)
"""


def test_a_missing_day_is_found(resource: WarehouseResource) -> None:
    with resource.warehouse.connect() as con:
        con.con.execute(_TABLES)
    whole = forecast_is_complete(resource)
    assert isinstance(whole, dg.AssetCheckResult)
    assert whole.passed
    with resource.warehouse.connect() as con:
        con.con.execute("delete from predictions.demand_forecast where category = 'MILK' and target_date = '2017-12-25'")
    broken = forecast_is_complete(resource)
    assert isinstance(broken, dg.AssetCheckResult)
    assert not broken.passed
    assert broken.metadata["such_as"].value == "MILK (13 days)"
