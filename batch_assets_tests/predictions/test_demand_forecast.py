"""demand_forecast: fourteen days of each category, by the method in force, readable as Parquet and as the latest batch."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from batch_assets.settings import settings
from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in
from ..lake_writer import day_of
from ..tiny_history import publish_all, write_history

LAST = day_of(51)


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with two batches of forecasts."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("forecast"))
    write_history(Path(warehouse.lake), 52)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "min_training_days", 30)
        publish_all(warehouse, LAST, day_of(50))
    return warehouse


def test_each_category_has_a_forecast_for_fourteen_days(forecast: Warehouse) -> None:
    rows = pd.read_parquet(Path(forecast.published) / "demand_forecast" / f"{LAST}.parquet")
    assert rows.groupby("category")["horizon"].apply(list).to_dict() == {name: list(range(1, 15)) for name in ("BREAD", "MILK", "SOUP")}
    assert (pd.to_datetime(rows["target_date"]) - pd.to_datetime(rows["batch_date"])).dt.days.tolist() == rows["horizon"].tolist()


def test_the_latest_batch_is_a_view_and_a_file(forecast: Warehouse) -> None:
    latest = duckdb.read_parquet(str(Path(forecast.published) / "latest" / "demand_forecast.parquet")).fetchall()
    with forecast.connect() as con:
        seen = con.con.execute("from predictions.demand_forecast_latest order by all").fetchall()
    assert {row[0] for row in latest} == {LAST}
    assert sorted(latest) == seen


def test_forecasts_are_of_the_size_of_demand(forecast: Warehouse) -> None:
    rows = pd.read_parquet(Path(forecast.published) / "latest" / "demand_forecast.parquet")
    means = rows.groupby("category")["units"].mean()
    assert 5 < means["MILK"] < 20 < means["SOUP"] < 50
    assert rows["model_version"].nunique() == 1
