"""demand_forecast: fourteen days of each category, by the method in force, readable as Parquet and as the latest batch."""

from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from batch_assets.errors import BreachError
from batch_assets.features.category_demand import CategoryDemand
from batch_assets.features.store_demand import store_demand
from batch_assets.features.target_calendar import target_calendar
from batch_assets.models._demand.fit import Forecaster, train
from batch_assets.models._demand.frame import STORE, WEEKDAYS, build_frame
from batch_assets.models.demand_model import LIGHTGBM
from batch_assets.predictions.demand_forecast import DECIMALS, DemandForecast, demand_forecast, targets
from batch_assets.settings import settings
from batch_assets.table.model import Version
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.holding import hold

from ..conftest import warehouse_in
from ..frames import days, frame
from ..lake.history import publish_all, write_history
from ..lake.writer import day_of

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


@pytest.mark.parametrize(("lower", "units", "upper"), [(2.0, 1.0, 3.0), (0.0, 4.0, 3.0)])
def test_a_median_outside_its_interval_breaks_the_contract(lower: float, units: float, upper: float) -> None:
    row = {
        "batch_date": LAST,
        "category": "MILK",
        "target_date": LAST,
        "horizon": 1,
        "units": units,
        "lower": lower,
        "upper": upper,
        "is_closed": False,
        "model_version": "a",
    }
    con = ibis.duckdb.connect()
    con.create_table("rows", pa.Table.from_pylist([row], schema=DemandForecast.arrow_schema()))
    with pytest.raises(BreachError, match=rf"^lower <= units <= upper: not so of units {units}, lower {lower}, upper {upper}$"):
        hold(con, DemandForecast, "rows")


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


@pytest.fixture(scope="module")
def rows() -> pa.RecordBatch:
    """What is known as of three days of forty categories, for each of the days to come, as the engine gives it to the map."""
    chance, asked = np.random.default_rng(3), [day_of(n) for n in (40, 41, 42)]
    columns = [name for name in CategoryDemand.columns() if name not in ("batch_date", "category")]
    known = [
        {**{name: int(n) for name, n in zip(columns, chance.integers(1, 900, len(columns)), strict=True)}, "batch_date": day, "category": f"C{n:02}"}
        for day in asked
        for n in range(40)
    ]
    (calendar,) = target_calendar(days=days(*asked))
    demand = frame("category_demand", known)
    store = store_demand(category_demand=demand)
    made = targets(demand, ibis.memtable(pa.Table.from_batches([calendar])), store)
    table = ibis.duckdb.connect().to_pyarrow(made.order_by("batch_date", "category", "target_date"))
    (batch,) = table.combine_chunks().to_batches()
    return batch


@pytest.fixture(scope="module")
def files(rows: pa.RecordBatch) -> dict[str, str]:
    """The files of a model that is trained on these rows."""
    made = build_frame(rows.to_pandas(date_as_object=False))
    return train(made, np.random.default_rng(4).poisson(made.scale * (1 + made.features["store_shape"])).astype(float))


def model(files: dict[str, str], in_force: str) -> Version:
    """Return a version in which a method is in force."""
    return Version("demand_model", f"of {in_force}", {"in_force": in_force, "interval_factor": 1.3}, files)


METHODS = pytest.mark.parametrize("in_force", [LIGHTGBM, "seasonal naive", "level x weekday"])


@METHODS
def test_the_map_makes_what_was_made_of_all_rows_at_once(rows: pa.RecordBatch, files: dict[str, str], in_force: str) -> None:
    """The store's totals are summed here over the rows of a day themselves, as they were before there was a table of them."""
    known = rows.to_pandas(date_as_object=False)
    for name in ["units_7d", "units_28d", "units_56d", "units_91d", *(f"{weekday}_56d" for weekday in WEEKDAYS)]:
        known[STORE.format(name=name)] = known.groupby(["batch_date", "target_date"])[name].transform("sum")
    whole = build_frame(known)
    expected = Forecaster(files).forecast(whole, 1.3)
    units = expected.units if in_force == LIGHTGBM else whole.baselines[in_force]
    made = demand_forecast(rows=rows, demand_model=model(files, in_force))
    assert isinstance(made, pa.RecordBatch)
    found = made.to_pandas()
    assert found["units"].tolist() == np.round(units, DECIMALS).tolist()
    assert found["lower"].tolist() == np.round(np.minimum(expected.lower, units), DECIMALS).tolist()
    assert found["upper"].tolist() == np.round(np.maximum(expected.upper, units), DECIMALS).tolist()
    assert set(found["model_version"]) == {f"of {in_force}"}


@pytest.mark.parametrize("size", [11, 560, 1000])
def test_batches_of_any_size_make_the_same_rows(rows: pa.RecordBatch, files: dict[str, str], size: int) -> None:
    in_force = model(files, LIGHTGBM)
    made = [demand_forecast(rows=rows.slice(begin, size), demand_model=in_force) for begin in range(0, rows.num_rows, size)]
    assert rows.num_rows == 3 * 40 * 14
    assert pa.Table.from_batches(made).equals(pa.Table.from_batches([demand_forecast(rows=rows, demand_model=in_force)]))
