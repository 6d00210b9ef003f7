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


def test_who_bought_a_product_for_the_first_time_lately_and_how_many_might_have() -> None:
    rows = [*buys(1, 1, 3), *buys(2, 1, 6, 2), *buys(3, 1, 2, 7), *buys(4, 1, 2, 181), *buys(5, 1, 2, 182), *buys(6, 2, 90), *buys(7, 2, 91)]
    found = features(rows)[1, 1]
    assert (found["first_bought_7d"], found["active_customers"], found["customers_91d"]) == (3, 6, 5)


def test_the_type_and_the_maker() -> None:
    shelf = [listed(1, kind="SKIM", maker=7), *(listed(n, kind="SKIM", maker=8) for n in (2, 3)), listed(4, kind="WHOLE", maker=7)]
    shelf += [listed(5), listed(6), listed(9, "BREAD", kind="SKIM", maker=7)]
    rows = [*buys(1, 1, 9, 181), *buys(1, 4, 2), *buys(1, 5, 4), *buys(1, 9, 1), *buys(2, 2, 3), *buys(2, 3, 182), *buys(2, 6, 3), *buys(1, 1, 182)]
    found = features(rows, shelf)
    known = ("type_days_since", "type_products", "maker_days")
    assert {product: tuple(found[1, product][name] for name in known) for product in (1, 2, 4, 6)} == {1: (9, 2, 3), 2: (9, 2, 0), 4: (2, 1, 3), 6: (4, 2, 0)}
    assert found[2, 4]["type_days_since"] is None


def test_prices_are_those_of_91_days_and_what_the_customer_paid_for_the_type() -> None:
    shelf = [listed(1, kind="SKIM"), listed(2, kind="SKIM"), listed(3, kind="WHOLE")]
    rows = [
        *buys(1, 1, 3, units=2, cents=301),
        *buys(2, 1, 5, units=1, cents=100),
        *buys(2, 1, 91, units=1, cents=900),
        *buys(2, 2, 9, units=0, cents=50),
        *buys(1, 2, 181, units=1, cents=99),
        *buys(2, 3, 9),
    ]
    found = features([*rows, *buys(1, 2, 182, cents=9_000)], shelf)
    assert {key: (found[key]["price_cents"], found[key]["type_price_cents"]) for key in ((1, 1), (1, 2), (1, 3))} == {
        (1, 1): (133, 133),
        (1, 2): (None, 133),
        (1, 3): (100, None),
    }


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
