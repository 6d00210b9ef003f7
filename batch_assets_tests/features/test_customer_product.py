"""customer_product on a few purchases: each count, and that nothing of later days is known."""

from .customers import TODAY, buys, features, listed, promoted


def test_days_are_counted_by_window_and_with_decay() -> None:
    row = features(buys(1, 1, 0, 6, 7, 20, 60, 181, 182))[1, 1]
    assert [row[f"days_{n}d"] for n in (28, 91)] == [4, 5]
    assert (row["days_bought"], row["days_since"], row["days_since_first"]) == (6, 0, 181)
    assert row["decayed_20"] == sum(round(1_000_000 * 0.5 ** (n / 20)) for n in (0, 6, 7, 20, 60, 181))


def test_gaps_that_are_no_longer_than_the_time_since() -> None:
    assert features(buys(1, 1, 9, 12, 21, 40, 60))[1, 1]["shorter_gaps"] == 2
    assert features(buys(1, 1, 9))[1, 1]["shorter_gaps"] == 0


def test_what_a_customer_never_bought_counts_nothing() -> None:
    row = features([*buys(1, 1, 3), *buys(2, 2, 3)])[1, 2]
    assert (row["days_bought"], row["days_91d"], row["decayed_60"], row["days_since"], row["days_since_first"]) == (0, 0, 0, None, None)


def test_trips_are_days_on_which_it_bought_anything() -> None:
    row = features([*buys(1, 1, 3, 30), *buys(1, 2, 3, 90)])[1, 1]
    assert (row["trips_28d"], row["trips_91d"], row["days_since_trip"]) == (1, 3, 3)


def test_how_much_a_product_is_bought_by_all() -> None:
    row = features([*buys(1, 1, 3, 6), *buys(2, 1, 6, 30), *buys(3, 1, 90), *buys(4, 1, 91)])[1, 1]
    assert (row["customers_28d"], row["customers_91d"], row["bought_7d"], row["bought_28d"], row["rebuyers_91d"]) == (2, 3, 3, 3, 2)


def test_the_category_and_the_store() -> None:
    shelf = [listed(1), listed(2), listed(3, "BREAD")]
    row = features([*buys(1, 1, 3, 6), *buys(1, 3, 2), *buys(2, 2, 9), *buys(2, 1, 9, store=32)], shelf)[1, 2]
    assert (row["category_91d"], row["category_days_since"], row["category_products_91d"], row["store_customers_91d"]) == (2, 3, 1, 1)


def test_a_product_is_promoted_in_the_most_stores_of_the_week_to_come_as_announced() -> None:
    plan = [
        *(promoted(1, 7, 9, announced=5, stores=4), promoted(1, -3, 1, announced=9, stores=3)),
        *(promoted(2, 8, 9, announced=5), promoted(3, -5, 0, announced=9), promoted(4, 1, 7, announced=-1)),
        promoted(5, 1, 7, announced=0, stores=9),
    ]
    rows = features([row for product in range(1, 7) for row in buys(1, product, 3)], promotions=plan)
    assert {product: row["promoted_stores_7d"] for (_, product), row in rows.items()} == {1: 4, 2: 0, 3: 0, 4: 0, 5: 9, 6: 0}


def test_a_product_is_called_by_its_type_as_of_the_day() -> None:
    shelf = [listed(1, kind="SKIM MILK"), listed(2), listed(1, "DAIRY", kind="LATER", on=TODAY + 1), listed(2, "CREAM", on=TODAY)]
    together = [row for n in (5, 12, 19) for row in (*buys(2, 1, n), *buys(2, 2, n))]
    found = features([*buys(1, 1, 4), *together], shelf)
    assert (found[1, 1]["product"], found[1, 1]["category"]) == ("SKIM MILK", "MILK")
    assert (found[1, 2]["product"], found[1, 2]["category"], found[1, 2]["because_product"]) == ("CREAM", "CREAM", "SKIM MILK")


def test_what_arrives_later_is_not_known() -> None:
    known = [*buys(1, 1, 3), *buys(2, 2, 3)]
    later = [*buys(1, 2, 1, arrived=-1), *buys(2, 1, -1), *buys(1, 1, 2, arrived=-3)]
    assert features([*known, *later]) == features(known)
