"""demand_model: trained on what was known on its retrain day, the same from whichever day it is asked for, judged, replaced if it loses."""

import datetime as dt
import json
import shutil
from importlib.metadata import version as installed
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import batch_assets.models.demand_model as module
from batch_assets.errors import UntrainedError
from batch_assets.features._horizon import HORIZON
from batch_assets.models._batches import Batch
from batch_assets.models._batches import batches_of as of_ledger
from batch_assets.models._demand.backtest import Score
from batch_assets.models._demand.fit import EVERY, PARAMETERS, TREES, train
from batch_assets.models._demand.frame import Frame, Numbers
from batch_assets.models.demand_model import AS_OF_STEP, BACKTESTS, LIGHTGBM, TRAINING_DAYS, demand_model
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..lake.history import CLOSED, publish_all, write_history, write_rough_history
from ..lake.others import write_others
from ..lake.writer import day_of, product, till_line, write_catalogue, write_till
from .test_demand_known import known

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
    early(warehouse, write_history(Path(warehouse.lake), 58))
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
    for name in ("till_lines", "sales_lines", "category_day_sales", "category_moves", "category_demand", "store_demand"):
        publish(GRAPH.table(name), history, [later], "run")
    publish(demand_model, history, [MONDAY], "run")
    assert row_of(history, MONDAY) == before


def test_changed_training_data_make_another_version(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    before = row_of(history, MONDAY)["version"]
    write_till(Path(history.lake), MONDAY, [till_line(MONDAY, quantity="99")])
    for name in ("till_lines", "sales_lines", "category_day_sales", "category_moves", "category_demand", "store_demand"):
        publish(GRAPH.table(name), history, [MONDAY], "run")
    publish(demand_model, history, [MONDAY], "run")
    assert row_of(history, MONDAY)["version"] != before


@pytest.mark.parametrize("library", ["lightgbm", "numpy", "pandas"])
def test_a_library_that_trains_makes_another_version(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    batches = batches_of(MONDAY)
    before = module._version(batches, MONDAY, "model"), module._version(batches, MONDAY, "fit")
    monkeypatch.setattr("batch_assets.table.code_version._installed", lambda name: "0.0" if name == library else installed(name))
    after = module._version(batches, MONDAY, "model"), module._version(batches, MONDAY, "fit")
    assert len({*before, *after}) == 4


def test_a_row_has_the_hash_of_its_files_and_the_card_the_libraries(history: Warehouse) -> None:
    publish(demand_model, history, [MONDAY], "run")
    row, store = row_of(history, MONDAY), Artifacts(Path(history.models))
    assert row["files"] == store.files_hash("demand_model", str(row["version"]))
    assert json.loads(str(row["card"]))["libraries"] == {name: installed(name) for name in ("lightgbm", "numpy", "pandas")}


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
        UntrainedError, match=r"batch 2017-01-20: no demand model: on 2017-01-16 there were 16 days .* 30 are needed .* first day .* is 2017-01-30"
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


ROUGH = 74
"""Days of the rough history: its last two Mondays are the 64th and the 71st."""
RESTATED = frozenset({day_of(47), day_of(62)})


def early(warehouse: Warehouse, days: list[dt.date]) -> None:
    """Publish marts and features."""
    for name in (
        "products",
        "till_lines",
        "sales_lines",
        "category_day_sales",
        "category_moves",
        "promotions",
        "category_demand",
        "store_demand",
        "target_calendar",
    ):
        publish(GRAPH.table(name), warehouse, days, "run")


def trained(warehouse: Warehouse) -> dict[str, bytes]:
    """Return all files of the store of models, by their place in it."""
    root = Path(warehouse.models)
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def rough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Warehouse, list[dt.date]]:
    """A rough history, published before two of its days were sent again and after it; and the days for which models are made."""
    monkeypatch.setattr(settings, "closed_days", CLOSED)
    warehouse = warehouse_in(tmp_path / "rough")
    days = write_rough_history(Path(warehouse.lake), ROUGH)
    early(warehouse, days)
    write_rough_history(Path(warehouse.lake), ROUGH, restated=RESTATED)
    for day in sorted(RESTATED):
        publish(GRAPH.table("till_lines"), warehouse, [day], "run")
    for name in ("sales_lines", "category_day_sales", "category_moves", "category_demand", "store_demand"):
        publish(GRAPH.table(name), warehouse, days[min(RESTATED).toordinal() - days[0].toordinal() :], "run")
    return warehouse, days[62:]


def test_a_rough_history_trains_the_same_files_in_a_range_by_day_and_before_later_days_came(rough: tuple[Warehouse, list[dt.date]], tmp_path: Path) -> None:
    warehouse, days = rough
    publish(demand_model, warehouse, days, "run")
    at_once = trained(warehouse)
    assert {row_of(warehouse, day)["trained_on"] for day in days} == {day_of(57), day_of(64), day_of(71)}
    assert sum(name.endswith("card.json") for name in at_once) == 3

    by_day = Warehouse(warehouse.database, warehouse.lake, warehouse.published, str(tmp_path / "by day"), warehouse.lock_timeout)
    for day in [*days[5::-1], *days[6:], days[0]]:
        publish(demand_model, by_day, [day], "run")
    assert trained(by_day) == at_once

    then = warehouse_in(tmp_path / "then")
    early(then, write_rough_history(Path(then.lake), 65, restated=RESTATED))
    publish(demand_model, then, [day_of(64)], "run")
    before_more_came = trained(then)
    assert sum(name.endswith("card.json") for name in before_more_came) == 1
    assert before_more_came.items() <= at_once.items()


def test_a_day_that_is_sent_again_trains_the_models_anew_that_knew_it_and_no_others(rough: tuple[Warehouse, list[dt.date]]) -> None:
    warehouse, days = rough
    before = {day: row_of_model(warehouse, day) for day in (day_of(64), day_of(71))}
    write_rough_history(Path(warehouse.lake), ROUGH, restated=RESTATED | {day_of(68)})
    for name in ("till_lines", "sales_lines", "category_day_sales", "category_moves", "category_demand", "store_demand"):
        publish(GRAPH.table(name), warehouse, days[6:], "run")
    after = {day: row_of_model(warehouse, day) for day in before}
    assert after[day_of(64)] == before[day_of(64)]
    assert after[day_of(71)]["version"] != before[day_of(71)]["version"]
    assert after[day_of(71)]["card"] != before[day_of(71)]["card"]


def row_of_model(warehouse: Warehouse, day: dt.date) -> dict[str, object]:
    """Publish a day's model; return its row."""
    publish(demand_model, warehouse, [day], "run")
    return row_of(warehouse, day)


# A version is of all that a model is made from, and of nothing else.


def batches_of(*days: dt.date, content: str = "content") -> list[Batch]:
    """Return the ledger of one upstream."""
    return [Batch("features.category_demand", day, content) for day in days]


def version(batches: list[Batch], trained_on: dt.date = MONDAY, what: str = "model") -> str:
    """Return the version of a model, or of a fit."""
    return module._version(batches, trained_on, what)


@pytest.mark.parametrize(
    ("what", "ago", "counts"),
    [
        ("model", -1, False),
        ("model", 0, True),
        ("model", TRAINING_DAYS + BACKTESTS * HORIZON, True),
        ("model", TRAINING_DAYS + BACKTESTS * HORIZON + 1, False),
        ("fit", 0, True),
        ("fit", TRAINING_DAYS, True),
        ("fit", TRAINING_DAYS + 1, False),
    ],
)
def test_a_version_is_of_the_batches_up_to_its_retrain_day_that_it_may_be_made_from(what: str, ago: int, counts: bool) -> None:
    others = batches_of(MONDAY - dt.timedelta(days=7))
    day = MONDAY - dt.timedelta(days=ago)
    one, other = (version([*others, *batches_of(day, content=content)], what=what) for content in ("one", "other"))
    assert (one != other) is counts


@pytest.mark.parametrize(("owner", "name", "value"), [(PARAMETERS, "seed", 8), (TREES, "upper", 31), (EVERY, "lower", 1), (None, "AS_OF_STEP", AS_OF_STEP + 1)])
def test_another_parameter_makes_another_version(monkeypatch: pytest.MonkeyPatch, owner: dict[str, object] | None, name: str, value: object) -> None:
    before = version(batches_of(MONDAY))
    if owner is None:
        monkeypatch.setattr(module, name, value)
    else:
        monkeypatch.setitem(owner, name, value)
    assert version(batches_of(MONDAY)) != before


def test_another_retrain_day_and_other_code_make_another_version_and_a_fit_is_not_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = batches_of(MONDAY - dt.timedelta(days=30))
    found = {version(batches), version(batches, MONDAY + dt.timedelta(days=7)), version(batches, what="fit")}
    monkeypatch.setattr(module, "code_version", lambda *_: "other code")
    assert len(found | {version(batches)}) == 4


def test_the_order_of_the_ledger_is_no_part_of_a_version() -> None:
    rows = [{"asset": "features.category_demand", "batch_date": MONDAY - dt.timedelta(days=n), "content": "content"} for n in range(5)]
    one, other = (of_ledger(ibis.memtable(pa.Table.from_pylist(some))) for some in (rows, rows[::-1]))
    assert one == other == batches_of(*(MONDAY - dt.timedelta(days=n) for n in range(4, -1, -1)))


# A fit, a backtest, and what is decided by them.


def test_each_of_several_fits_has_the_targets_up_to_its_own_day_as_they_were_known_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: dict[dt.date, tuple[pd.DataFrame, list[float]]] = {}

    def fit(frame: Frame, sold: Numbers) -> dict[str, str]:
        fitted[frame.keys["target_date"].max().date()] = (frame.keys, sold.tolist())
        return {"units.txt": ""}

    as_of = [day_of(n) for n in range(51)]
    sales = [(day + dt.timedelta(days=late), "MILK", day, 10**late) for day in as_of for late in (0, 1, 2)]
    monkeypatch.setattr(module, "train", fit)
    trained_on = [MONDAY - dt.timedelta(days=7), MONDAY]
    module._fit(Artifacts(tmp_path), known(as_of, horizons=HORIZON, sales=sales), batches_of(*as_of), trained_on)
    assert sorted(fitted) == trained_on
    for day, (keys, sold) in fitted.items():
        eighth = [before for before in as_of if before.toordinal() % AS_OF_STEP == 0 and day_of(7) <= before < day]
        assert [before.date() for before in sorted(keys["batch_date"].unique())] == eighth
        late = {0: 1.0, 1: 11.0}
        expected = [late.get((day - row.target_date.date()).days, 111.0) if row.category == "MILK" else 0.0 for row in keys.itertuples()]
        assert sold == expected


def test_a_backtest_is_judged_by_what_was_known_when_its_horizon_ended() -> None:
    """Both categories sell a piece on the first day, which is known then; a hundred more came in with a line of the day after."""
    origin, first = MONDAY, MONDAY + dt.timedelta(days=1)
    ended = origin + dt.timedelta(days=HORIZON)
    sales = [(ended, "BREAD", first, 1), (ended, "MILK", first, 1), (ended + dt.timedelta(days=1), "MILK", first, 100)]
    history = known([origin], horizons=HORIZON, sales=sales)
    frame = history.frame([origin])
    found = module._backtest(history, origin, train(frame, np.ones(len(frame.keys))))
    assert found.wape["seasonal naive"] == pytest.approx((2 * HORIZON * 28 - 2) / 2)


def test_origins_lie_a_horizon_apart_before_the_retrain_day_and_had_history() -> None:
    """30 days of history are needed, of which the horizon of a backtest may be spared: the store is 44 days old on the first of them."""
    assert module._origins(day_of(71)) == [day_of(29), day_of(43), day_of(57)]
    assert module._origins(day_of(50)) == [day_of(22), day_of(36)]
    assert module._origins(day_of(29)) == [day_of(15)]


def scored(origin: str, model: float, naive: float, level: float, widen: float = 1.0) -> Score:
    """Return what a backtest found."""
    return Score(origin, {LIGHTGBM: model, "seasonal naive": naive, "level x weekday": level}, 0.8, widen)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The files of some model."""
    frame = known([MONDAY], horizons=HORIZON).frame([MONDAY])
    return train(frame, np.ones(len(frame.keys)))


CLOSED_THEN = scored("closed", 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("tests", "in_force", "reason", "model", "baseline"),
    [
        ([scored("a", 0.3, 0.4, 0.5)], LIGHTGBM, "WAPE 0.3000 beats seasonal naive's 0.4000 in the backtest of a", 0.3, 0.4),
        ([scored("a", 0.5, 0.6, 0.4)], "level x weekday", "WAPE 0.5000 does not beat level x weekday's 0.4000 in the backtest of a", 0.5, 0.4),
        ([scored("a", 0.4, 0.4, 0.5)], "seasonal naive", "WAPE 0.4000 does not beat seasonal naive's 0.4000 in the backtest of a", 0.4, 0.4),
        ([scored("a", 0.9, 0.1, 0.1), scored("b", 0.3, 0.4, 0.5)], LIGHTGBM, "WAPE 0.3000 beats seasonal naive's 0.4000 in the backtest of b", 0.3, 0.4),
        ([scored("a", 0.3, 0.4, 0.5), CLOSED_THEN], LIGHTGBM, "WAPE 0.3000 beats seasonal naive's 0.4000 in the backtest of a", 0.3, 0.4),
    ],
)
def test_the_latest_backtest_in_which_the_store_was_open_decides_and_both_errors_are_of_it(
    files: dict[str, str], tests: list[Score], in_force: str, reason: str, model: float, baseline: float, tmp_path: Path
) -> None:
    store = Artifacts(tmp_path)
    store.put(module.MODEL, "some version", {"card.json": json.dumps(module._card(MONDAY, "some version", files, tests))})
    row = module._row(store, "some version")
    assert (row["in_force"], row["reason"], row["wape_model"], row["wape_baseline"]) == (in_force, reason, model, baseline)


def test_the_intervals_factor_is_the_mean_of_the_backtests(files: dict[str, str]) -> None:
    tests = [scored("a", 0.3, 0.4, 0.5, widen=0.7), scored("b", 0.3, 0.4, 0.5, widen=1.2)]
    assert module._card(MONDAY, "some version", files, tests)["interval_factor"] == 0.95


# Nothing to train on.


def sells_from(lake: Path, first: int, length: int) -> list[dt.date]:
    """Write a lake in which milk is sold from a day on, and before that only what is not forecast."""
    days = [day_of(n) for n in range(length)]
    for n, day in enumerate(days):
        write_catalogue(lake, day, [product(1, category="MILK"), product(2, category="FUEL")] if n == 0 else [])
        write_till(lake, day, [till_line(day, receipt_id="1", product_id="2"), *([till_line(day, receipt_id="2")] if n >= first else [])])
        write_others(lake, day)
    return days


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (99, r"batch 2017-02-23: no demand model: of all categories, none was sold regularly on a day up to 2017-02-20 whose demand is known since\. Which"),
        (20, r"batch 2017-02-23: no demand model: of all categories, none was sold regularly early enough for a backtest, 14 to 42 days before 2017-02-20\."),
    ],
)
def test_a_shop_in_which_nothing_is_sold_regularly_is_told_in_one_line(warehouse: Warehouse, first: int, told: str) -> None:
    early(warehouse, sells_from(Path(warehouse.lake), first, 54))
    with pytest.raises(UntrainedError, match=told) as untrained:
        publish(demand_model, warehouse, [day_of(53)], "run")
    assert untrained.value.day == day_of(53)
    assert trained(warehouse) == {}


def test_a_backtest_of_a_time_in_which_nothing_was_sold_regularly_is_left_out(warehouse: Warehouse) -> None:
    early(warehouse, sells_from(Path(warehouse.lake), 12, 51))
    publish(demand_model, warehouse, [MONDAY], "run")
    card = json.loads(str(row_of(warehouse, MONDAY)["card"]))
    assert [test["origin"] for test in card["backtests"]] == [str(day_of(36))]
