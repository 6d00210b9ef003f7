"""customer_candidates on a few purchases: where each candidate comes from, and that nothing of later days is known."""

import pytest

from batch_assets.features.customer_candidates import PLACES

from .customers import SHELF, TODAY, buys, candidates, listed


def places(row: dict[str, object]) -> dict[str, object]:
    """Return a candidate's places, as far as it has any."""
    return {name: row[name] for name in PLACES if row[name] is not None}


def test_what_it_bought_itself_counts_by_days_with_decay() -> None:
    found = candidates([*buys(1, 1, 3, 10, 17), *buys(1, 2, 1), *buys(1, 3, 50, 51)])
    assert [found[1, product]["own_place"] for product in (1, 2, 3)] == [1, 3, 2]


def test_two_purchases_of_a_day_are_one_day() -> None:
    twice = [*buys(1, 1, 3), *buys(1, 1, 3, store=32), *buys(1, 2, 2)]
    assert [candidates(twice)[1, product]["own_place"] for product in (1, 2)] == [2, 1]


def test_a_customer_that_bought_nothing_in_91_days_gets_no_candidates() -> None:
    assert {customer for customer, _ in candidates([*buys(1, 1, 91, 92), *buys(2, 1, 90)])} == {2}


def test_similar_customers_are_those_that_share_products_and_lend_what_they_buy_again() -> None:
    alike = [*buys(1, 1, 2, 9), *buys(2, 1, 3, 8), *buys(2, 2, 5, 12), *buys(2, 3, 7), *buys(3, 4, 2, 9)]
    found = candidates(alike)
    assert (found[1, 2]["similar_place"], found[1, 2]["similar_customers"]) == (2, 1)
    assert found[1, 2]["similar_score"] > 0
    assert found[1, 3]["similar_place"] is None, "it was bought once"
    assert found[1, 4]["similar_place"] is None, "they share nothing"


def test_what_goes_with_a_purchase_was_in_three_baskets_with_it() -> None:
    together = [row for n in (5, 12, 19) for row in (*buys(2, 1, n), *buys(2, 2, n))]
    seldom = [row for n in (6, 13) for row in (*buys(3, 1, n), *buys(3, 3, n))]
    found = candidates([*buys(1, 1, 4), *together, *seldom])
    assert (found[1, 2]["because_product_id"], found[1, 2]["because_days_since"], found[1, 2]["basket_place"]) == (1, 4, 1)
    assert found[1, 2]["basket_link"] == round(1_000_000 * 3 / (3 * 6) ** 0.5)
    assert found[1, 3]["basket_place"] is None


def test_the_store_is_the_one_where_it_bought_most() -> None:
    found = candidates([*buys(1, 1, 3, 4, store=31), *buys(1, 1, 5, store=32), *buys(2, 2, 3, store=31), *buys(2, 3, 9, store=32)])
    assert found[1, 2]["store_place"] == 2
    assert found[1, 3]["store_place"] is None


def test_popular_is_what_most_customers_bought_in_28_days() -> None:
    found = candidates([*buys(1, 1, 3), *buys(2, 2, 3), *buys(3, 2, 27), *buys(4, 3, 28), *buys(5, 3, 29), *buys(6, 3, 30)])
    assert [found[1, product]["popular_place"] for product in (2, 1, 3)] == [1, 2, 3]


def test_the_best_of_a_category_is_for_those_who_buy_from_it() -> None:
    shelf = [listed(1), listed(2), listed(3, "BREAD")]
    found = candidates([*buys(1, 1, 3), *buys(2, 2, 3), *buys(3, 2, 4), *buys(4, 3, 3)], shelf)
    assert (found[1, 2]["category_place"], found[1, 1]["category_place"], found[1, 3]["category_place"]) == (1, 2, None)


def test_a_product_that_is_new_is_for_those_who_buy_from_its_category() -> None:
    shelf = [listed(1), listed(2, on=TODAY), listed(3, on=TODAY - 28), listed(4, "BREAD", on=TODAY), listed(1, on=TODAY)]
    found = candidates(buys(1, 1, 0), shelf)
    assert places(found[1, 2]) == {"new_place": 1}
    assert not {(1, 3), (1, 4)} & set(found)
    assert found[1, 1]["new_place"] is None, "its line was sent again"


def test_a_customer_that_is_seen_for_the_first_time_today_gets_candidates() -> None:
    found = candidates([*buys(1, 1, 0), *buys(2, 2, 3), *buys(3, 2, 3)])
    assert {product for customer, product in found if customer == 1} == {1, 2}


@pytest.mark.parametrize("department", ["FUEL", "COUPON", "MISCELLANEOUS"])
def test_what_is_no_product_is_not_recommended(department: str) -> None:
    shelf = [*SHELF, listed(20, department=department), listed(21, "COUPON/MISC ITEMS")]
    assert {product for _, product in candidates([*buys(1, 20, 1), *buys(1, 21, 1), *buys(1, 1, 1)], shelf)} == {1}


def test_what_arrives_later_is_not_known() -> None:
    later = [*buys(1, 2, 1, arrived=-1), *buys(2, 3, -1), *buys(1, 4, 200)]
    known = buys(1, 1, 1)
    assert candidates([*known, *later]) == candidates(known)
    shelf = [listed(1), listed(2, on=TODAY + 1), listed(1, "BREAD", on=TODAY + 1)]
    assert candidates(known, shelf) == candidates(known, shelf[:1])


def test_a_range_has_the_rows_of_its_days() -> None:
    rows = [row for customer in range(1, 6) for product in range(1, 5) for row in buys(customer, product, *range(customer, 40, 3 * product))]
    both = candidates(rows, SHELF, TODAY - 3, TODAY)
    assert both == candidates(rows, SHELF, TODAY - 3) | candidates(rows, SHELF, TODAY)
    assert len(both) == 20


def test_equal_scores_are_ordered_by_product() -> None:
    found = candidates([*buys(1, 5, 1), *buys(1, 4, 1), *buys(1, 3, 1)])
    assert [found[1, product]["own_place"] for product in (3, 4, 5)] == [1, 2, 3]
