"""demand_model: trained on what was known on its retrain day, the same from whichever day it is asked for, judged, replaced if it loses."""

import datetime as dt
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

import batch_assets.models.demand_model as module
from batch_assets.errors import UntrainedError
from batch_assets.models.demand_model import demand_model
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..lake.history import publish_all, write_history
from ..lake.writer import day_of, till_line, write_till

MONDAY = day_of(50)  # 2017-02-20
GRAPH = configured_graph()


@pytest.fixture(autouse=True)
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model be trained on little."""
    monkeypatch.setattr(settings, "min_training_days", 30)


@pytest.fixture
def history(tmp_path: Path) -> Warehouse:
    """A warehouse with marts and features of 58 days."""
    warehouse = warehouse_in(tmp_path)
    days = write_history(Path(warehouse.lake), 58)
    for name in ("products", "sales_lines", "category_day_sales", "category_demand", "store_demand", "target_calendar"):
        publish(GRAPH.table(name), warehouse, days, "run")
    return warehouse


def row_of(warehouse: Warehouse, day: dt.date) -> dict[str, object]:
    """Return the model in force on a day."""
    with warehouse.connect() as con:
        (row,) = con.table("demand_model", database="models").filter(lambda t: t.batch_date == day).to_pyarrow().to_pylist()
    return row


def test_other_days_point_to_the_last_retrain_day_and_any_may_be_first(history: Warehouse, tmp_path: Path) -> None:
    publish(demand_model, history, [MONDAY + dt.timedelta(days=2)], "run")
    publish(demand_model, history, [MONDAY, MONDAY + dt.timedelta(days=1)], "run")
    rows = [row_of(history, MONDAY + dt.timedelta(days=n)) for n in range(3)]
    assert {row["trained_on"] for row in rows} == {MONDAY}
    assert len({row["version"] for row in rows}) == 1
    trained_apart = warehouse_in(tmp_path / "apart")
    apart = Warehouse(database=history.database, lake=history.lake, published=trained_apart.published, models=trained_apart.models, lock_timeout=5)
    first = Artifacts(Path(history.models)).all("demand_model", str(rows[0]["version"]))
    publish(demand_model, apart, [MONDAY], "run")
    assert Artifacts(Path(apart.models)).all("demand_model", str(rows[0]["version"])) == first


def test_a_model_knows_nothing_of_the_days_after_its_retrain_day(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    before = row_of(history, MONDAY)
    later = MONDAY + dt.timedelta(days=1)
    write_till(Path(history.lake), later, [till_line(later, quantity="99")])
    for name in ("sales_lines", "category_day_sales", "category_demand", "store_demand"):
        publish(GRAPH.table(name), history, [later], "run")
    publish(demand_model, history, [MONDAY], "run")
    assert row_of(history, MONDAY) == before


def test_changed_training_data_make_another_version(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    before = row_of(history, MONDAY)["version"]
    write_till(Path(history.lake), MONDAY, [till_line(MONDAY, quantity="99")])
    for name in ("sales_lines", "category_day_sales", "category_demand", "store_demand"):
        publish(GRAPH.table(name), history, [MONDAY], "run")
    publish(demand_model, history, [MONDAY], "run")
    assert row_of(history, MONDAY)["version"] != before


@pytest.mark.parametrize("library", ["lightgbm", "numpy", "pandas"])
def test_a_library_that_trains_makes_another_version(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    batches = pd.DataFrame({"asset": ["features.category_demand"], "batch_date": [MONDAY], "content": ["a"]})
    before = module._version(batches, MONDAY, "model"), module._version(batches, MONDAY, "fit")
    monkeypatch.setattr("batch_assets.table.code_version.version", lambda name: "0.0" if name == library else version(name))
    after = module._version(batches, MONDAY, "model"), module._version(batches, MONDAY, "fit")
    assert len({*before, *after}) == 4


def test_a_row_has_the_hash_of_its_files_and_the_card_the_libraries(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    row, store = row_of(history, MONDAY), Artifacts(Path(history.models))
    assert row["files"] == store.files_hash("demand_model", str(row["version"]))
    assert json.loads(str(row["card"]))["libraries"] == {name: version(name) for name in ("lightgbm", "numpy", "pandas")}


@pytest.mark.parametrize(("model", "name"), [("demand_model", "card.json"), ("demand_model.fits", "units.txt")])
def test_a_file_that_was_cut_off_is_an_error_and_not_a_crash(history: Warehouse, model: str, name: str) -> None:
    publish(demand_model, history, [MONDAY], "run")
    (file,) = [*(Path(history.models) / model).glob(f"*/{name}")][:1]
    file.write_bytes(file.read_bytes()[:1000])
    if model != "demand_model":
        shutil.rmtree(Path(history.models) / "demand_model")
        for other in (Path(history.models) / model).glob(f"*/{name}"):
            other.write_bytes(other.read_bytes()[:1000])
    with pytest.raises(UntrainedError, match=rf"^{model}, version .*: {name} was changed or cut off .* materialize models/demand_model of the day"):
        publish(demand_model, history, [MONDAY + dt.timedelta(days=1)], "run")


def test_the_card_says_what_was_tried_and_the_loser_is_not_in_force(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    row = row_of(history, MONDAY)
    card = json.loads(str(row["card"]))
    latest = card["backtests"][-1]
    assert set(latest["wape"]) == {"lightgbm", "level x weekday", "seasonal naive"}
    assert latest["origin"] == str(MONDAY - dt.timedelta(days=14))
    error, best = min((error, name) for name, error in latest["wape"].items() if name != "lightgbm")
    assert row["in_force"] == ("lightgbm" if latest["wape"]["lightgbm"] < error else best)
    assert row["wape_baseline"] == error
    assert ("does not beat" in str(row["reason"])) == (row["in_force"] != "lightgbm")


def test_too_little_history_is_told_with_the_first_day_that_has_enough(history: Warehouse) -> None:
    with pytest.raises(
        UntrainedError, match=r"batch 2017-01-20: no demand model: on 2017-01-16 there were 16 days .* it takes 30 .* first day .* is 2017-01-30"
    ):
        publish(demand_model, history, [dt.date(2017, 1, 20)], "run")


def test_the_first_trainable_day_is_trainable(history: Warehouse) -> None:
    publish(demand_model, history, [dt.date(2017, 1, 30)], "run")
    assert row_of(history, dt.date(2017, 1, 30))["trained_on"] == dt.date(2017, 1, 30)


def test_the_whole_chain_forecasts_within_its_interval(history: Warehouse) -> None:
    publish_all(history, day_of(57), MONDAY)
    with history.connect() as con:
        crossing, negative, rows = con.con.execute(
            "select count(*) filter (not lower <= units or not units <= upper), count(*) filter (lower < 0), count(*) from predictions.demand_forecast"
        ).fetchall()[0]
    assert (crossing, negative, rows) == (0, 0, 8 * 3 * 14)
