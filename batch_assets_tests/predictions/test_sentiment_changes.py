"""sentiment_changes: this week beside the four before, and the phrases that made the difference."""

import datetime as dt
from typing import Any

from batch_assets.predictions.sentiment_changes import BEFORE, WEEK, sentiment_changes

from ..frames import days, frame, rows_of
from ..lake.writer import day_of
from .judged import judged

DAY = day_of(60)
EARLIER = DAY - dt.timedelta(days=WEEK)
PRODUCTS = [{"batch_date": day_of(0), "product_id": 1, "category": "COFFEE"}, {"batch_date": day_of(61), "product_id": 1, "category": "TEAS"}]


def made(reviews: list[dict[str, Any]], *asked: dt.date) -> list[dict[str, Any]]:
    """Return what the table makes of reviews."""
    return rows_of(sentiment_changes, days=days(*(asked or (DAY,))), review_sentiment=frame("review_sentiment", reviews), products=frame("products", PRODUCTS))


def test_this_week_is_compared_with_the_four_before() -> None:
    ends = [DAY, DAY - dt.timedelta(days=WEEK - 1), EARLIER, DAY - dt.timedelta(days=WEEK + BEFORE - 1), DAY - dt.timedelta(days=WEEK + BEFORE)]
    (row,) = made([judged(n, day, probability) for n, (day, probability) in enumerate(zip(ends, (0.2, 0.4, 0.7, 0.9, 0.1), strict=True), 1)])
    assert (row["reviews"], row["reviews_before"]) == (2, 2)
    assert (row["sentiment"], row["sentiment_before"], row["change"]) == (0.3, 0.8, -0.5)
    assert row["lower"] < -0.8
    assert row["upper"] > 0
    assert not row["is_clear"]
    assert row["category"] == "COFFEE"


def test_a_product_that_was_reviewed_in_one_of_both_has_no_change() -> None:
    assert made([judged(1, DAY, 0.2), judged(2, EARLIER, 0.9, product_id=2)]) == []


def test_with_many_reviews_a_change_is_clear() -> None:
    (fallen,) = made([judged(n, DAY if n < 20 else EARLIER, 0.1 if n < 20 else 0.9) for n in range(1, 60)])
    (risen,) = made([judged(n, DAY if n < 20 else EARLIER, 0.9 if n < 20 else 0.1) for n in range(1, 60)])
    assert fallen["is_clear"]
    assert fallen["upper"] < 0 < risen["lower"]


def test_the_phrases_that_add_most_in_the_changes_direction_are_named() -> None:
    now = [
        judged(1, DAY, 0.1, ("stale", -1.0), ("great", 0.5), ("bad", -0.2)),
        judged(2, DAY, 0.2, ("stale", -0.5), ("bag", -0.3), ("dear", -0.4)),
    ]
    before = [judged(3, EARLIER, 0.9, ("great", 2.0), ("bag", -0.1), ("dear", -0.9))]
    (row,) = made([*now, *before])
    assert row["phrases"] == [
        {"phrase": "stale", "reviews": 2, "adds": -0.75},
        {"phrase": "bad", "reviews": 1, "adds": -0.1},
        {"phrase": "bag", "reviews": 1, "adds": -0.05},
    ]


def test_of_equal_phrases_the_first_in_the_alphabet_is_named_first() -> None:
    words = ["f", "c", "e", "a", "d", "b"]
    (row,) = made([judged(1, DAY, 0.1, *((word, -0.1) for word in words)), judged(2, EARLIER, 0.9)])
    assert [reason["phrase"] for reason in row["phrases"]] == sorted(words)[:5]


def test_what_came_later_changes_nothing() -> None:
    known = [judged(1, DAY, 0.1, ("stale", -1.0)), judged(2, EARLIER, 0.9)]
    later = [judged(3, DAY + dt.timedelta(days=1), 0.9, ("stale", 1.0))]
    assert made([*known, *later], DAY, DAY + dt.timedelta(days=1))[0] == made(known)[0]
