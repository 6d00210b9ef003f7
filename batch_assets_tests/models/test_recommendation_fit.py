"""What the models see of a week, and of which weeks."""

import numpy as np
import pytest

import batch_assets.models._recommendation.fit as module
from batch_assets.models._recommendation.fit import NEGATIVES, WEEKS_OF, Lesson, Lessons, train
from batch_assets.models._recommendation.frame import FEATURES, Frame
from batch_assets.models._recommendation.judge import Bought
from batch_assets.models._recommendation.weeks import Week

from ..features.customers import day

PRODUCTS = 1000
EVEN = np.arange(PRODUCTS) % 2 == 0


def week_of(*bought: tuple[int, int]) -> Week:
    """Return a week of two customers with a thousand candidates each, of which they know every second; the first feature is the product's number."""
    customer, product = np.repeat([1, 2], PRODUCTS), np.tile(np.arange(PRODUCTS), 2)
    features = np.zeros((2 * PRODUCTS, len(FEATURES)), np.float32)
    features[:, 0] = product
    frame = Frame(customer, product, features, np.tile(EVEN, 2), np.ones(2 * PRODUCTS), {})
    pairs = np.array(bought, int).reshape(-1, 2)
    return Week(day(0), frame, Bought(pairs[:, 0], pairs[:, 1], pairs[:, 1] % 2 == 1, np.zeros(len(pairs), bool)), {})


def test_a_ranking_sees_what_was_bought_and_a_share_of_what_was_not() -> None:
    lessons = Lessons.from_week(week_of((1, 3), (1, 4), (2, 6)))
    assert (lessons.candidates, lessons.customers) == (2 * PRODUCTS, 2)
    seen = lessons.of["ranking"]
    assert seen.features[seen.bought, 0].tolist() == [3, 4, 6]
    assert seen.sizes.sum() == len(seen.bought) == len(seen.features)
    assert seen.sizes / PRODUCTS == pytest.approx([NEGATIVES] * 2, abs=0.05)


def test_what_finds_discoveries_sees_only_what_was_never_bought_by_customers_that_bought_something_new() -> None:
    seen = Lessons.from_week(week_of((1, 3), (1, 4), (2, 6))).of["discovery"]
    assert seen.features[seen.bought, 0].tolist() == [3]
    assert (seen.features[:, 0] % 2 == 1).all()
    assert seen.sizes.tolist() == [len(seen.bought)]


def test_each_model_sees_the_last_weeks_and_none_is_made_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: dict[str, list[Lesson]] = {}

    def fitted(name: str, seen: list[Lesson]) -> str:
        learnt[name] = seen
        return name

    monkeypatch.setattr(module, "_fitted", fitted)
    weeks = [Lessons.from_week(week_of((1, 2 * n + 1), (1, 2 * n))) for n in range(9)]
    assert train(weeks) == {"ranking.txt": "ranking", "discovery.txt": "discovery"}
    for name, count in WEEKS_OF.items():
        assert learnt[name] == [week.of[name] for week in weeks[9 - count :]]
    assert train([Lessons.from_week(week_of((1, 4)))]) == {"ranking.txt": "ranking"}
    assert train([]) == {}
