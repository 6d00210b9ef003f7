"""product_sentiment: the mean of four weeks, with an interval that says how few reviews it is of."""

import datetime as dt
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from batch_assets.predictions.product_sentiment import DAYS, product_sentiment

from ..frames import days, frame, rows_of
from ..lake.writer import day_of
from .judged import judged

DAY = day_of(60)


def made(reviews: list[dict[str, Any]], *asked: dt.date) -> list[dict[str, Any]]:
    """Return what the table makes of reviews."""
    return rows_of(product_sentiment, days=days(*(asked or (DAY,))), review_sentiment=frame("review_sentiment", reviews))


def test_it_is_the_mean_of_the_reviews_of_four_weeks() -> None:
    oldest = DAY - dt.timedelta(days=DAYS - 1)
    reviews = [judged(1, DAY, 0.9), judged(2, oldest, 0.2), judged(3, oldest - dt.timedelta(days=1), 0.1), judged(4, DAY + dt.timedelta(days=1), 0.1)]
    (row,) = made(reviews)
    assert (row["reviews"], row["negative"], row["sentiment"]) == (2, 1, 0.55)
    assert row["lower"] < 0.15
    assert row["upper"] > 0.85


def test_what_was_not_judged_or_came_before_does_not_count() -> None:
    (row,) = made([judged(1, DAY, 0.9), judged(2, DAY, None), judged(3, DAY, 0.1, label="out of domain"), judged(4, DAY, 0.1, is_repeat=True)])
    assert (row["reviews"], row["sentiment"]) == (1, 0.9)


def test_each_day_of_a_range_has_its_own_four_weeks() -> None:
    later = DAY + dt.timedelta(days=DAYS)
    rows = made([judged(1, DAY, 0.9), judged(2, DAY, 0.8, product_id=2), judged(3, later, 0.2)], DAY, later - dt.timedelta(days=1), later)
    assert [(row["batch_date"], row["product_id"], row["sentiment"]) for row in rows] == [
        (DAY, 1, 0.9),
        (DAY, 2, 0.8),
        (later - dt.timedelta(days=1), 1, 0.9),
        (later - dt.timedelta(days=1), 2, 0.8),
        (later, 1, 0.2),
    ]


def test_no_reviews_are_no_rows() -> None:
    assert made([]) == []


@pytest.mark.parametrize("count", [1, 3, 10, 30])
def test_the_interval_has_the_share_of_five_stars_that_more_reviews_would_show(count: int) -> None:
    """Probabilities as a calibrated model gives them: in 1,000 draws of a few reviews each, the interval misses the truth in 5 % at most."""
    chance = np.random.default_rng(count)
    log_odds = chance.normal(0.6, 1.6, (1000, count))
    probability = np.round(1 / (1 + np.exp(-log_odds)), 6)
    truth = (1 / (1 + np.exp(-chance.normal(0.6, 1.6, 200_000)))).mean()
    number = np.arange(probability.size)
    reviews = pa.table(
        {
            "batch_date": pa.array([DAY] * probability.size, pa.date32()),
            "review_id": number,
            "product_id": number // count + 1,
            "label": np.where(probability.ravel() >= 0.5, "positive", "negative"),
            "is_repeat": np.zeros(probability.size, bool),
            "probability": probability.ravel(),
            "phrases": pa.array([[]] * probability.size, pa.list_(pa.struct({"phrase": pa.string(), "adds": pa.float64()}))),
        }
    )
    rows = rows_of(product_sentiment, days=days(DAY), review_sentiment=ibis.memtable(reviews))
    assert len(rows) == 1000
    assert np.mean([row["lower"] <= truth <= row["upper"] for row in rows]) > 0.95
