"""The frame that products are ranked by, and how rankings are judged: by hand, on a few rows."""

import numpy as np
import pyarrow as pa
import pytest

from batch_assets.models._recommendation.frame import BLEND, COLUMNS, FEATURES, OWN, POPULAR, Frame, Numbers, build_frame, places
from batch_assets.models._recommendation.judge import TOP, Bought, judge


def row(customer: int, product: int, **known: int | None) -> dict[str, int | None]:
    """Return a candidate of which nothing else is known."""
    unknown = dict.fromkeys(("days_since", "days_since_first", "category_days_since", "type_days_since", "price_cents", "type_price_cents"))
    return dict.fromkeys(COLUMNS, 0) | unknown | {"customer_id": customer, "product_id": product} | known


def framed(*rows: dict[str, int | None]) -> Frame:
    return build_frame(pa.Table.from_pylist(list(rows), pa.schema([(name, pa.int64()) for name in COLUMNS])))


def feature(frame: Frame, name: str) -> list[float]:
    return [float(value) for value in frame.features[:, FEATURES.index(name)]]


RHYTHM = row(
    1, 1, days_bought=4, days_since=6, days_since_first=36, shorter_gaps=2, days_28d=3, trips_28d=6, days_91d=4, trips_91d=8, bought_7d=2, bought_28d=5
)


def test_ratios_of_counts() -> None:
    frame = framed(RHYTHM)
    found = {name: feature(frame, name)[0] for name in ("gap", "since_by_gap", "shorter_gaps", "share_28d", "share_91d", "trend")}
    assert found == pytest.approx({"gap": 10, "since_by_gap": 0.6, "shorter_gaps": 2 / 3, "share_28d": 0.5, "share_91d": 0.5, "trend": 0.4})


def test_what_was_bought_once_or_never_has_no_rhythm() -> None:
    frame = framed(row(1, 1), row(1, 2, days_bought=1, days_since=3, days_since_first=3))
    assert np.isnan([*feature(frame, "gap"), *feature(frame, "shorter_gaps"), feature(frame, "days_since")[0]]).all()
    assert frame.known.tolist() == [False, True]


def test_first_purchases_count_beside_the_customers_that_were_left_to_make_one() -> None:
    frame = framed(row(1, 1, first_bought_7d=6, active_customers=100, customers_91d=80), row(1, 2, active_customers=100))
    assert feature(frame, "first_rate_7d") == pytest.approx([0.2, 0])


def test_a_price_counts_beside_what_the_customer_pays_for_the_type() -> None:
    frame = framed(row(1, 1, price_cents=150, type_price_cents=200), row(1, 2, price_cents=150, type_price_cents=0), row(1, 3, price_cents=150), row(1, 4))
    assert feature(frame, "price_by_type") == pytest.approx([0.75, 150, np.nan, np.nan], nan_ok=True)


def test_what_similar_customers_buy_counts_beside_the_most_of_the_own_customer() -> None:
    frame = framed(row(1, 1, similar_score=50), row(1, 2, similar_score=100), row(2, 1, similar_score=10), row(3, 1))
    assert feature(frame, "similar_share") == pytest.approx([0.5, 1, 1, 0])


def test_the_methods_that_need_no_training() -> None:
    known = {"rebuyers_91d": 4, "customers_91d": 10, "active_customers": 10, "days_91d": 2, "customers_28d": 3}
    one = framed(row(1, 1, decayed_60=1_500_000, decayed_120=1_800_000, similar_score=7, **known))
    assert one.untrained[BLEND] == pytest.approx([(1.5 + 0.9 + 0.2) * (5 / 20) ** 0.25])
    assert one.untrained[OWN].tolist() == [2_000_010]
    assert one.untrained[POPULAR].tolist() == [3]


def test_of_equal_scores_the_lower_product_comes_first() -> None:
    customer, product = np.array([1, 1, 1, 2, 2]), np.array([3, 1, 2, 9, 8])
    assert places(customer, product, np.array([1.0, 1, 2, 0, 0])).tolist() == [3, 2, 1, 2, 1]
    assert places(np.empty(0, int), np.empty(0, int), np.empty(0)).tolist() == []


def ranked(*products: int, customer: int = 1) -> tuple[Frame, Numbers]:
    """Return candidates of a customer, and scores that rank them in this order."""
    frame = framed(*(row(customer, product) for product in sorted(products)))
    return frame, np.array([-float(products.index(product)) for product in sorted(products)])


def bought(*pairs: tuple[int, int]) -> Bought:
    return Bought(np.array([h for h, _ in pairs], int), np.array([p for _, p in pairs], int), *np.zeros((2, len(pairs)), bool))


def test_ndcg_counts_what_was_bought_by_its_place_and_against_the_best_that_was_possible() -> None:
    judged = judge(*ranked(5, 7, 6), bought((1, 7), (1, 99)))
    assert judged.ndcg == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3))])
    assert (judged.hit.tolist(), judged.recall.tolist()) == ([1], [0.5])


def test_only_ten_products_count() -> None:
    products = tuple(range(1, TOP + 3))
    assert judge(*ranked(*products), bought((1, TOP + 1))).ndcg.tolist() == [0]
    everything = judge(*ranked(*products), bought(*((1, product) for product in products)))
    assert everything.ndcg == pytest.approx([1])
    assert everything.recall == pytest.approx([TOP / len(products)])


def test_a_customer_is_judged_by_its_own_purchases_and_left_out_without_any() -> None:
    judged = judge(*ranked(5, 7), bought((2, 5)))
    assert judged.ndcg.tolist() == [0]
    assert judge(*ranked(5, 7), bought()).ndcg.tolist() == []
