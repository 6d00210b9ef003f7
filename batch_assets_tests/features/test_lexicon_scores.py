"""VADER's scores of the reviews with stars."""

import datetime as dt

import ibis
import pyarrow as pa
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from batch_assets.features._lexicon import ratings
from batch_assets.features.lexicon_scores import lexicon_scores, with_stars

from ..frames import frame

DAY = dt.date(2017, 7, 10)


def test_a_review_with_stars_has_the_score_that_vader_gives_it() -> None:
    texts = {1: "I love it!", 2: "It is not good", 3: "It came in a bag"}
    reviews = frame("reviews", [{"batch_date": DAY, "review_id": number, "text": text, "five_stars": number != 3 or None} for number, text in texts.items()])
    (batch,) = ibis.duckdb.connect().to_pyarrow(with_stars(reviews).order_by("review_id")).combine_chunks().to_batches()
    made = lexicon_scores(rows=batch)
    assert isinstance(made, pa.RecordBatch)
    rows = {row["review_id"]: row["compound"] for row in made.to_pylist()}
    assert rows == {number: SentimentIntensityAnalyzer().polarity_scores(texts[number])["compound"] for number in (1, 2)}
    assert rows[2] < 0 < rows[1]


def test_the_lexicon_has_its_ratings() -> None:
    assert ratings()["love"] == 3.2
    assert len(ratings()) > 7000
