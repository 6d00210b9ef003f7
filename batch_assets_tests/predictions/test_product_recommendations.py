"""product_recommendations: two lists of ten, in order, and reasons that are true of what was bought."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pytest

from batch_assets.features.customer_candidates import PLACES
from batch_assets.predictions._reasons import KINDS, reason_of
from batch_assets.predictions.product_recommendations import DISCOVERY, REPEAT, TOP, product_recommendations, to_rank
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

from ..conftest import warehouse_in
from ..frames import frame
from ..lake.history import write_shopping
from ..lake.writer import day_of

DAYS = [day_of(n) for n in range(42, 46)]
Row = dict[str, Any]


@pytest.fixture(scope="module")
def shopping(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with four batches of recommendations."""
    warehouse, graph = warehouse_in(tmp_path_factory.mktemp("shopping")), configured_graph()
    asked = write_shopping(Path(warehouse.lake), 46)
    for table in graph.with_upstreams(["product_recommendations"]):
        publish(table, warehouse, asked if table.layer == "marts" else DAYS, "run")
    return warehouse


def rows(warehouse: Warehouse, query: str, *values: object) -> list[Row]:
    with warehouse.connect() as con:
        found: list[Row] = con.con.execute(query, list(values)).to_arrow_table().to_pylist()
    return found


def recommended(warehouse: Warehouse) -> list[Row]:
    return rows(warehouse, "from predictions.product_recommendations order by batch_date, customer_id, list, rank")


def test_whatever_a_contract_lets_be_large_is_ranked_as_it_is() -> None:
    key, large = {"batch_date": day_of(0), "customer_id": 2**62, "product_id": 2**62}, 2**40
    scores = dict.fromkeys(("similar_score", "basket_score", "basket_link"), large)
    candidates = frame("customer_candidates", [key | scores | {"similar_customers": 40, "because_product_id": 2**62}])
    known = frame("customer_product", [key | {"price_cents": large, "type_price_cents": large, "customers_91d": 2_469}])
    (row,) = ibis.duckdb.connect().to_pyarrow(to_rank(candidates, known)).to_pylist()
    told = key | scores | {"similar_customers": 40, "because_product_id": 2**62, "price_cents": large, "type_price_cents": large, "customers_91d": 2_469}
    assert {name: row[name] for name in told} == told


def test_a_list_has_at_most_ten_products_in_order_of_their_scores(shopping: Warehouse) -> None:
    lists = defaultdict(list)
    for row in recommended(shopping):
        lists[row["batch_date"], row["customer_id"], row["list"]].append(row)
    assert {key[0] for key in lists} == set(DAYS)
    assert max(map(len, lists.values())) == TOP
    for found in lists.values():
        assert [row["rank"] for row in found] == list(range(1, len(found) + 1))
        assert [row["score"] for row in found] == sorted((row["score"] for row in found), reverse=True)
        assert len({row["product_id"] for row in found}) == len(found)


def test_what_was_bought_before_is_on_the_one_list_and_what_never_was_on_the_other(shopping: Warehouse) -> None:
    query = """
        select r.list, count(p.product_id) > 0 as was_bought from predictions.product_recommendations r
        left join marts.customer_purchases p on p.customer_id = r.customer_id and p.product_id = r.product_id and p.batch_date <= r.batch_date
        group by r.batch_date, r.customer_id, r.list, r.product_id"""
    assert {(row["list"], row["was_bought"]) for row in rows(shopping, query)} == {(REPEAT, True), (DISCOVERY, False)}


def test_every_active_customer_has_a_list(shopping: Warehouse) -> None:
    query = "select distinct customer_id from marts.customer_purchases where batch_date <= ? and sold_on > ?::date - 91"
    active = {row["customer_id"] for row in rows(shopping, query, DAYS[-1], DAYS[-1])}
    assert active == {row["customer_id"] for row in recommended(shopping) if row["batch_date"] == DAYS[-1]}
    assert len(active) == 12


@dataclass(frozen=True)
class Purchases:
    """What was bought up to a day, to count it anew, product by product."""

    day: dt.date
    known: list[Row]

    def dates(self, customer: int, product: int) -> list[dt.date]:
        """Return the days on which a customer bought a product."""
        return sorted({p["sold_on"] for p in self.known if (p["customer_id"], p["product_id"]) == (customer, product)})

    def buyers(self, product: int, *, within: int = 10_000, times: int = 1) -> set[int]:
        """Return the customers that bought a product on so many days."""
        dates = defaultdict(set)
        for p in self.known:
            if p["product_id"] == product and (self.day - p["sold_on"]).days < within:
                dates[p["customer_id"]].add(p["sold_on"])
        return {customer for customer, found in dates.items() if len(found) >= times}

    def baskets(self, *products: int) -> int:
        """Return in how many baskets some products were together."""
        found = defaultdict(set)
        for p in self.known:
            found[p["customer_id"], p["sold_on"]].add(p["product_id"])
        return sum(set(products) <= basket for basket in found.values())

    def of_category(self, customer: int, product: int) -> int:
        """Return how many products of a product's category a customer bought; `write_shopping` gives each fourth product the same."""
        return len({p["product_id"] for p in self.known if p["customer_id"] == customer and p["product_id"] % 4 == product % 4})


def parts(row: Row) -> tuple[int | None, int | None, int | None]:
    return row["reason_count"], row["reason_every"], row["reason_days"]


def is_rhythm(row: Row, bought: Purchases) -> bool:
    own = bought.dates(row["customer_id"], row["product_id"])
    every = max(1, round((own[-1] - own[0]).days / (len(own) - 1)))
    return parts(row) == (len(own), every, (bought.day - own[-1]).days)


def is_bought(row: Row, bought: Purchases) -> bool:
    own = bought.dates(row["customer_id"], row["product_id"])
    return len(own) < 3 and parts(row) == (len(own), None, (bought.day - own[-1]).days)


def is_of_basket(row: Row, bought: Purchases) -> bool:
    other = row["reason_product_id"]
    last = bought.dates(row["customer_id"], other)[-1]
    return bought.baskets(row["product_id"], other) >= 3 and parts(row) == (None, None, (bought.day - last).days)


def is_of_similar(row: Row, bought: Purchases) -> bool:
    return 0 < row["reason_count"] <= len(bought.buyers(row["product_id"], times=2) - {row["customer_id"]})


TRUE: dict[str, Callable[[Row, Purchases], bool]] = {
    "rhythm": is_rhythm,
    "bought": is_bought,
    "basket": is_of_basket,
    "similar": is_of_similar,
    "category": lambda row, bought: row["reason_count"] == bought.of_category(row["customer_id"], row["product_id"]),
    "new": lambda row, bought: row["reason_count"] == bought.of_category(row["customer_id"], row["product_id"]),
    "store": lambda row, bought: row["reason_count"] == len(bought.buyers(row["product_id"])),
    "popular": lambda row, bought: row["reason_count"] == len(bought.buyers(row["product_id"], within=28)),
}
"""By kind, whether a reason is true; all of them shop in one store, since less than 91 days."""


def test_each_reason_is_true_of_the_marts(shopping: Warehouse) -> None:
    purchases = rows(shopping, "from marts.customer_purchases")
    known = {day: Purchases(day, [p for p in purchases if p["batch_date"] <= day]) for day in DAYS}
    told = recommended(shopping)
    assert [row for row in told if not TRUE[row["reason_kind"]](row, known[row["batch_date"]])] == []
    assert {"rhythm", "bought", "basket"} <= {row["reason_kind"] for row in told} <= set(KINDS) == set(TRUE)


def test_no_name_is_in_what_everyone_reads(shopping: Warehouse) -> None:
    texts = [str(value) for row in recommended(shopping) for value in row.values()]
    assert not [text for text in texts if re.search("Ann|Roy|08772", text)]


def test_rows_of_a_customer_are_scored_together_however_few_are_scored_at_once(shopping: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recommended(shopping)
    monkeypatch.setattr("batch_assets.engine.duckdb.SCORED_AT_ONCE", 7)
    publish(product_recommendations, shopping, DAYS, "run")
    assert recommended(shopping) == before


def known(**columns: object) -> Row:
    """Return a candidate of which nothing is known but what is given."""
    return dict.fromkeys(PLACES) | {"batch_date": dt.date(2017, 11, 15), "days_bought": 0, "category": "YOGURT"} | columns


OWN = {"days_since": 8, "days_since_first": 35}
BASKET = {"basket_place": 2, "because_product": "MILK", "because_product_id": 5}


def sentences() -> Iterator[tuple[Row, str]]:
    """Yield candidates, and what is said of them."""
    yield known(days_bought=4, **OWN), "bought every 9 days, last 8 days ago"
    yield known(days_bought=3, days_since=0, days_since_first=2), "bought every day, last today"
    yield known(days_bought=2, **OWN), "bought twice, last 8 days ago"
    yield known(days_bought=1, **OWN | {"days_since": 1}), "bought once yesterday"
    yield known(**BASKET, because_days_since=3), "often in a basket with MILK, which you bought on Sunday"
    yield known(**BASKET, because_days_since=0), "often in a basket with MILK, which you bought today"
    yield known(**BASKET, because_days_since=7), "often in a basket with MILK, which you bought 7 days ago"
    yield known(similar_place=1, basket_place=2, similar_customers=7), "bought again and again by 7 of the 40 customers most like yours"
    yield known(store_place=3, store_customers_91d=12), "bought by 12 customers in your store in 91 days"
    yield known(category_place=3, category_products_91d=6), "much bought in YOGURT, of which you bought 6 in 91 days"
    yield known(new_place=1, category_products_91d=6), "new in YOGURT, of which you bought 6 in 91 days"
    yield known(popular_place=9, customers_28d=412), "bought by 412 customers in 28 days"
    yield known(popular_place=2, customers_28d=412, **BASKET, because_days_since=2), "often in a basket with MILK, which you bought on Monday"


@pytest.mark.parametrize(("row", "words"), [*sentences()])
def test_a_reason_in_words(row: Row, words: str) -> None:
    assert reason_of(row).words == words


def test_the_kinds_name_every_source_of_candidates() -> None:
    places: Sequence[str] = [f"{kind}_place" for kind in KINDS[2:]]
    assert {*places, "own_place"} == set(PLACES)
