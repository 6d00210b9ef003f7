"""recommendation_model: trained on weeks that were over on its retrain day, judged by weeks that it was not trained on, replaced if it loses."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import batch_assets.models.recommendation_model as module
from batch_assets.models._batches import Batch
from batch_assets.models._recommendation.backtest import Score, score
from batch_assets.models._recommendation.factors import FACTORS, LIBRARY
from batch_assets.models._recommendation.fit import Lessons, Ranker
from batch_assets.models._recommendation.frame import BLEND, FEATURES, OWN, POPULAR, UNTRAINED
from batch_assets.models._recommendation.weeks import Week, Weeks
from batch_assets.models.recommendation_model import recommendation_model
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..features.customers import SHELF, TODAY, Row, buys, day, listed, promoted
from ..frames import days, frame
from ..lake.history import write_shopping
from ..lake.writer import day_of, till_line, write_till

MONDAY = day_of(57)  # 2017-02-27
GRAPH = configured_graph()
NAMES = [table.name for table in GRAPH.with_upstreams(["customer_purchases", "promotions", "products"])]
WEEK = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def shopping(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with the marts of 60 days, in which nobody changes anything."""
    warehouse = warehouse_in(tmp_path_factory.mktemp("shopping"))
    asked = write_shopping(Path(warehouse.lake), 60)
    for name in NAMES:
        publish(GRAPH.table(name), warehouse, asked, "run")
    return warehouse


@pytest.fixture
def apart(shopping: Warehouse, tmp_path: Path) -> Warehouse:
    """The same warehouse with a store of models of its own."""
    return Warehouse(database=shopping.database, lake=shopping.lake, published=shopping.published, models=str(tmp_path / "models"), lock_timeout=5)


@pytest.fixture(scope="module")
def weeks_made() -> dict[dt.date, Week]:
    """Weeks of that warehouse by their origin, as far as they were made."""
    return {}


@pytest.fixture
def weeks(weeks_made: dict[dt.date, Week], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each week of that warehouse be made once: for tests of what is done with them."""
    make = Weeks._make

    def made_once(self: Weeks, origin: dt.date) -> Week:
        if origin not in weeks_made:
            weeks_made[origin] = make(self, origin)
        return weeks_made[origin]

    monkeypatch.setattr(Weeks, "_make", made_once)


def row_of(warehouse: Warehouse, on: dt.date) -> dict[str, Any]:
    """Return the model in force on a day."""
    with warehouse.connect() as con:
        (row,) = con.table("recommendation_model", database="models").filter(lambda t: t.batch_date == on).to_pyarrow().to_pylist()
    return row


def test_any_day_may_be_asked_first_and_points_to_the_last_retrain_day(shopping: Warehouse, apart: Warehouse) -> None:
    publish(recommendation_model, shopping, [MONDAY + 2 * dt.timedelta(days=1)], "run")
    publish(recommendation_model, shopping, [MONDAY], "run")
    rows = [row_of(shopping, MONDAY + n * dt.timedelta(days=1)) for n in (0, 2)]
    assert {row["trained_on"] for row in rows} == {MONDAY}
    assert len({row["version"] for row in rows}) == 1
    publish(recommendation_model, apart, [MONDAY], "run")
    kept = [Artifacts(Path(store.models)).all("recommendation_model", str(rows[0]["version"])) for store in (shopping, apart)]
    assert kept[0] == kept[1]
    assert {"ranking.txt", "discovery.txt", "card.json"} <= set(kept[0])


def test_a_model_knows_nothing_of_the_days_after_its_retrain_day(shopping: Warehouse, tmp_path: Path) -> None:
    publish(recommendation_model, shopping, [MONDAY], "run")
    other = warehouse_in(tmp_path)
    asked = write_shopping(Path(other.lake), 60)
    for later in asked[58:]:
        write_till(Path(other.lake), later, [till_line(later, customer_name="Ann Abbott", postcode="08772", product_id="3")])
    for name in NAMES:
        publish(GRAPH.table(name), other, asked, "run")
    publish(recommendation_model, other, [MONDAY], "run")
    assert row_of(other, MONDAY) == row_of(shopping, MONDAY)


@pytest.mark.parametrize(("what", "weeks"), [("model", 7), ("fit", 6), ("backtest", 7)])
@pytest.mark.parametrize(("asset", "look_back"), [("marts.customer_purchases", 181), ("marts.promotions", 55), ("marts.products", None)])
def test_a_version_is_another_if_a_batch_is_that_its_weeks_may_know_and_no_other(what: str, weeks: int, asset: str, look_back: int | None) -> None:
    def is_another(day: dt.date) -> bool:
        one, other = (module._version([Batch(asset, day, content)], MONDAY, what) for content in ("one", "other"))
        return one != other

    first = dt.date(2015, 1, 1) if look_back is None else MONDAY - weeks * WEEK - dt.timedelta(days=look_back)
    assert is_another(first)
    assert is_another(MONDAY)
    assert not is_another(MONDAY + dt.timedelta(days=1))
    assert is_another(first - dt.timedelta(days=1)) == (look_back is None)


def scored(origin: str, ndcg: dict[str, float], hit: dict[str, float]) -> Score:
    """Return what a backtest says, of which only these measures matter."""
    return Score(origin, 9, ndcg, {}, {}, hit, {}, {}, {}, 0, {}, 0, {})


@pytest.mark.usefixtures("weeks")
def test_a_week_is_made_once_to_be_judged_by_and_trained_on(apart: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = list[dt.date](), Weeks._make

    def told(self: Weeks, origin: dt.date) -> Week:
        made.append(origin)
        return make(self, origin)

    monkeypatch.setattr(Weeks, "_make", told)
    monkeypatch.setattr(module, "train", lambda _weeks: {})
    publish(recommendation_model, apart, [MONDAY], "run")
    assert sorted(made) == [MONDAY - n * WEEK for n in (4, 3, 2, 1)]


@pytest.mark.usefixtures("weeks")
def test_each_backtest_judges_what_was_trained_on_weeks_that_were_over(apart: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: dict[str, list[dt.date]] = {}
    judged: list[tuple[dt.date, list[dt.date]]] = []

    def train(weeks: Sequence[Any]) -> dict[str, str]:
        origins = [week.origin for week in weeks]
        trained[name := f"of {origins[-1]}"] = origins
        return {"ranking.txt": name}

    def score(week: Week, files: dict[str, str], _factors: object) -> Score:
        judged.append((week.origin, trained[files["ranking.txt"]]))
        return scored(str(week.origin), {BLEND: 1.0}, {POPULAR: 1.0})

    monkeypatch.setattr(Lessons, "from_week", lambda week: SimpleNamespace(origin=week.origin, candidates=1, customers=1))
    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "score", score)
    monkeypatch.setattr(module, "_importance", lambda _model: {})
    publish(recommendation_model, apart, [MONDAY], "run")
    assert [origin for origin, _ in judged] == [MONDAY - WEEK]
    for origin, weeks in judged:
        assert weeks[-1] == origin - WEEK
    assert trained[f"of {MONDAY - WEEK}"] == [MONDAY - n * WEEK for n in (4, 3, 2, 1)]


RACES = [
    ({OWN: 0.3, BLEND: 0.2}, {POPULAR: 0.1, LIBRARY: 0.2}, (OWN, LIBRARY)),
    ({BLEND: 0.2, OWN: 0.2}, {OWN: 0.1, POPULAR: 0.4}, (BLEND, POPULAR)),
]
"""The measures of some methods, and which two are the best."""


@pytest.mark.usefixtures("weeks")
@pytest.mark.parametrize(("ndcg", "hit", "best"), RACES)
def test_the_best_of_the_backtests_is_in_force(
    apart: Warehouse, monkeypatch: pytest.MonkeyPatch, ndcg: dict[str, float], hit: dict[str, float], best: tuple[str, str]
) -> None:
    monkeypatch.setattr(module, "score", lambda *_: scored("2017-02-20", ndcg, hit))
    monkeypatch.setattr(module, "train", lambda _weeks: {})
    publish(recommendation_model, apart, [MONDAY], "run")
    row = row_of(apart, MONDAY)
    assert (row["repeat_in_force"], row["discovery_in_force"]) == best
    files = Artifacts(Path(apart.models)).all("recommendation_model", str(row["version"]))
    assert (FACTORS in files) == (LIBRARY in best)
    assert all(Ranker(files).has(method) for method in best)


def test_without_weeks_to_learn_from_the_methods_that_need_none_are_in_force(apart: Warehouse) -> None:
    publish(recommendation_model, apart, [day_of(20)], "run")
    row = row_of(apart, day_of(20))
    assert (row["repeat_in_force"], row["discovery_in_force"]) == (BLEND, POPULAR)
    assert row["reason"].startswith("nothing to judge by")
    assert json.loads(row["card"])["backtests"] == []


def test_the_card_says_how_good_each_method_was_and_how_sure_that_is(shopping: Warehouse) -> None:
    publish(recommendation_model, shopping, [MONDAY], "run")
    card = json.loads(row_of(shopping, MONDAY)["card"])
    assert list(card["weeks"]) == [str(MONDAY - n * WEEK) for n in (4, 3, 2, 1)]
    assert [test["origin"] for test in card["backtests"]] == [str(MONDAY - WEEK)]
    for test in card["backtests"]:
        assert {"lightgbm ranking", "lightgbm discovery", LIBRARY, *UNTRAINED} == set(test["ndcg"]) == set(test["hit"]) == set(test["ndcg_error"])
        assert all(0 <= value <= 1 for value in test["ndcg"].values())
        assert set(test["reached"]) == {"own", "similar", "basket", "store", "category", "popular", "new", "all"}
        assert test["coverage"][POPULAR] >= 10
    assert set(card["importance"]) == {"ranking", "discovery"}


def week_of(purchases: Sequence[Row], products: Sequence[Row] = SHELF, promotions: Sequence[Row] = (), origin: int = TODAY) -> Week:
    """Return the week after a day."""
    return Weeks(days(day(TODAY + 20)), frame("customer_purchases", purchases), frame("promotions", promotions), frame("products", products)).after(day(origin))


KNOWN = [*buys(1, 1, 3, 9), *buys(2, 2, 4, 11), *buys(1, 2, 30)]


def test_the_features_of_a_week_know_nothing_of_it() -> None:
    week = week_of([*KNOWN, *buys(1, 1, -2), *buys(2, 1, -1)])
    other = week_of([*KNOWN, *buys(1, 3, -2, -5), *buys(2, 2, -7), *buys(1, 2, 1, arrived=-1)])
    np.testing.assert_array_equal(week.frame.features, other.frame.features)
    assert week.frame.product.tolist() == other.frame.product.tolist()
    assert week.bought.among(week.frame).tolist() != other.bought.among(other.frame).tolist()


def test_a_week_knows_what_was_announced_before_it() -> None:
    bought = [*KNOWN, *buys(1, 1, -2)]
    plan = [promoted(1, 1, 7, announced=0, stores=4)]
    before, after = (week_of(bought, promotions=known).frame for known in (plan, [*plan, promoted(2, 1, 7, announced=-1, stores=9)]))
    np.testing.assert_array_equal(before.features, after.features)
    assert before.features[:, FEATURES.index("promoted_stores_7d")].tolist() == [4.0 if product == 1 else 0.0 for product in before.product]


def test_what_was_bought_is_that_of_the_week_as_known_at_its_end() -> None:
    bought = week_of([*KNOWN, *buys(1, 1, -1), *buys(1, 3, -7), *buys(1, 4, -8), *buys(1, 5, 0), *buys(1, 6, -7, arrived=-8), *buys(2, 7, -3)]).bought
    assert [*zip(bought.customer.tolist(), bought.product.tolist(), bought.is_new.tolist(), strict=True)] == [(1, 1, False), (1, 3, True), (2, 7, True)]


def test_only_active_customers_that_bought_something_on_offer_are_in_a_week() -> None:
    shelf = [*SHELF, listed(20, department="FUEL")]
    week = week_of([*KNOWN, *buys(3, 1, 5), *buys(2, 20, -1), *buys(4, 1, -1), *buys(1, 1, -1)], shelf)
    assert set(week.frame.customer.tolist()) == {1}
    assert set(week.bought.customer.tolist()) == {1}


def test_factors_are_made_of_what_was_known() -> None:
    rows = [*buys(1, 1, 3, 3, 9), *buys(1, 2, -1), *buys(1, 3, 2, arrived=-1), *buys(1, 4, 91)]
    found = Weeks(days(day(TODAY)), frame("customer_purchases", rows), frame("promotions", []), frame("products", SHELF)).days_bought(day(TODAY))
    assert found.to_dict("records") == [{"customer_id": 1, "product_id": 1, "days": 2}]


def test_the_card_says_how_much_of_what_was_bought_each_source_reached() -> None:
    shelf = [*SHELF, listed(30, "CANDLES"), listed(31, "CANDLES", on=TODAY - 2)]
    week = week_of([*KNOWN, *buys(1, 1, -2), *buys(1, 30, -2), *buys(1, 31, -3), *buys(2, 1, -1)], shelf)
    judged = score(week, {}, None)
    assert judged.reached["own"] == {"repeat": 1.0, "discovery": 0.0}
    assert judged.reached["similar"] == {"repeat": 0.0, "discovery": 0.3333}
    assert judged.reached["all"] == {"repeat": 1.0, "discovery": 0.3333}
    assert (judged.young, judged.recall_young[POPULAR]) == (1, 0.0)
