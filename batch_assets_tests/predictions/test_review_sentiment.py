"""review_sentiment: a probability with the phrases that carry it; what cannot be judged is labelled so."""

import json
import math
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from batch_assets.demo.customers.source import held_out
from batch_assets.errors import BreachError
from batch_assets.features._lexicon import ratings
from batch_assets.features.review_words import review_words
from batch_assets.marts.reviews import reviews
from batch_assets.models._sentiment.judge import SHOWN
from batch_assets.models.sentiment_model import MODEL, sentiment_model
from batch_assets.predictions.review_sentiment import ReviewSentiment, review_sentiment, reviews_to_score
from batch_assets.table.model import Version
from batch_assets.warehouse.artifacts import Artifacts
from batch_assets.warehouse.holding import hold

from ..frames import days, frame
from ..lake.writer import day_of
from ..models.opinions import ledger_of, opinions, scores_of, words_of

DAY = day_of(60)
LINEAR, LEXICON = 500, 0
"""How many reviews with stars a version learns from, so that a linear model is in force, or VADER."""


@pytest.fixture(scope="module", params=[LINEAR, LEXICON], ids=["linear", "lexicon"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A version of either kind."""
    return version_of(request.param, tmp_path_factory.mktemp("models"))


def version_of(count: int, folder: Path) -> Version:
    """Return a version that learnt from some reviews."""
    known, store = opinions(count), Artifacts(folder)
    made = sentiment_model(days=days(DAY), ledger=ledger_of(known), artifacts=store, review_words=words_of(known), lexicon_scores=scores_of(known))
    (row,) = next(iter(made)).to_pylist()
    return Version(MODEL, row["version"], row, store.all(MODEL, row["version"]), row["files"])


def rows_to_score(*texts: str) -> pa.RecordBatch:
    """Return the rows to score of reviews, as the marts and features make them."""
    raw = [
        {"batch_date": DAY, "review_id": str(n), "product_id": "1", "text": text, "reviewed_at": f"{DAY}T12:00:00Z", "source_file": "f", "source_line": n}
        for n, text in enumerate(texts, 1)
    ]
    con = ibis.duckdb.connect()
    made = con.to_pyarrow(reviews(review_log=frame("review_log", raw)))
    con.create_table("reviews", made)
    con.create_table("review_words", con.to_pyarrow(review_words(reviews=con.table("reviews"))))
    (batch,) = con.to_pyarrow(reviews_to_score(con.table("review_words"), con.table("reviews")).order_by("review_id")).combine_chunks().to_batches()
    return batch


def scored(model: Version, *texts: str) -> list[dict[str, Any]]:
    """Return the sentiment of texts."""
    made = review_sentiment(rows=rows_to_score(*texts), sentiment_model=model)
    assert isinstance(made, pa.RecordBatch)
    rows: list[dict[str, Any]] = made.to_pylist()
    return rows


def test_phrases_and_the_rest_sum_to_the_log_odds_and_the_probability_is_theirs(model: Version) -> None:
    for row in scored(model, *(review.text for review in held_out()[:150])):
        if row["log_odds"] is None:
            continue
        assert math.isclose(sum(phrase["adds"] for phrase in row["phrases"]) + row["rest"], row["log_odds"], abs_tol=1e-5)
        assert math.isclose(row["probability"], 1 / (1 + math.exp(-row["log_odds"])), abs_tol=2e-6)
        sizes = [abs(phrase["adds"]) for phrase in row["phrases"]]
        assert len(sizes) <= SHOWN
        assert sizes == sorted(sizes, reverse=True)


def test_a_review_is_labelled_by_what_is_more_likely(model: Version) -> None:
    good, bad = scored(model, "The coffee was delicious, and it was fresh on Monday", "The bag of chips was stale, and it was horrible")
    assert (good["label"], bad["label"]) == ("positive", "negative")
    assert good["probability"] > 0.5 > bad["probability"]
    assert good["model_version"] == model.version


def test_what_cannot_be_read_is_labelled_so_and_not_judged(model: Version) -> None:
    short, foreign, script = scored(model, "Yum, delicious!", "Der Kaffee ist sehr gut und nicht zu bitter", "Очень вкусный кофе, но упаковка порвана")
    assert [row["label"] for row in (short, foreign, script)] == ["too short", "other language", "other language"]
    for row in (short, foreign, script):
        assert (row["probability"], row["log_odds"], row["rest"], row["phrases"]) == (None, None, None, [])


def test_a_review_of_something_else_is_out_of_domain(tmp_path: Path) -> None:
    (row,) = scored(version_of(LINEAR, tmp_path), "Turgid prose, wooden acting, meandering plot; the director should be ashamed of the delicious set")
    assert row["label"] == "out of domain"
    assert row["probability"] is not None


def test_words_that_tell_nothing_count_but_are_not_named(model: Version) -> None:
    rows = scored(model, *(review.text for review in held_out()[:150]))
    named = {phrase["phrase"] for row in rows for phrase in row["phrases"]}
    assert named
    assert not named & {"!", "and", "it was", "the", "not", "of the"}


def test_no_address_or_number_is_in_a_phrase(model: Version) -> None:
    rows = scored(model, "It was stale. Write to rene.roy@example.com or 12 Elm Street, 08772, and call (555) 010-4242 on monday")
    assert not {"rene", "roy", "elm"} & {word for row in rows for phrase in row["phrases"] for word in phrase["phrase"].split()}


def test_a_review_is_scored_alike_however_rows_are_cut(model: Version) -> None:
    texts = [review.text for review in held_out()[:40]]
    rows = rows_to_score(*texts)
    whole = review_sentiment(rows=rows, sentiment_model=model)
    parts = [review_sentiment(rows=rows.slice(at, 7), sentiment_model=model) for at in range(0, len(texts), 7)]
    assert isinstance(whole, pa.RecordBatch)
    assert pa.Table.from_batches(parts).to_pylist() == whole.to_pylist()


def test_no_rows_are_no_sentiment(model: Version) -> None:
    made = review_sentiment(rows=rows_to_score("a b c d e").slice(0, 0), sentiment_model=model)
    assert isinstance(made, pa.RecordBatch)
    assert len(made) == 0


def test_a_review_that_was_judged_without_being_read_breaks_the_contract() -> None:
    row = {"batch_date": DAY, "review_id": 1, "product_id": 1, "label": "too short", "is_repeat": False, "probability": 0.5, "log_odds": 0.0}
    con = ibis.duckdb.connect()
    con.create_table("rows", pa.Table.from_pylist([{**row, "phrases": [], "rest": 0.0, "model_version": "a"}], schema=ReviewSentiment.arrow_schema()))
    with pytest.raises(BreachError, match="probability is null for what is too short or in another language, and only for that"):
        hold(con, ReviewSentiment, "rows")


def test_the_lexicon_is_shared_among_its_words_by_their_ratings(tmp_path: Path) -> None:
    version = version_of(LEXICON, tmp_path)
    (row,) = scored(version, "The bag was great but the chips were horrible")
    adds = {phrase["phrase"]: phrase["adds"] for phrase in row["phrases"]}
    assert {*adds} == {"great", "horrible"}
    assert adds["great"] / adds["horrible"] == pytest.approx(ratings()["great"] / ratings()["horrible"], abs=1e-4)
    assert json.loads(version.files["model.json"])["method"] == "vader"
