"""sentiment_model: trained on the reviews with stars that had arrived by its retrain day, the best of three methods, readable files."""

import datetime as dt
import json
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import batch_assets.models.sentiment_model as module
from batch_assets.features._lexicon import VADER
from batch_assets.models._batches import Batch
from batch_assets.models._sentiment.judge import Judge
from batch_assets.models._sentiment.methods import NB_SVM, TF_IDF
from batch_assets.models.sentiment_model import LEAST_LABELLED, LIBRARIES, MODEL, SentimentModel, sentiment_model
from batch_assets.warehouse.artifacts import Artifacts

from ..frames import days
from ..lake.writer import day_of
from .opinions import ledger_of, opinions, scores_of, words_of

MONDAY = day_of(50)  # 2017-02-20
DAY = dt.timedelta(days=1)


def models(reviews: Sequence[dict[str, Any]], store: Artifacts, *asked: dt.date) -> list[dict[str, Any]]:
    """Return the models in force on some days."""
    batches = sentiment_model(days=days(*asked), ledger=ledger_of(reviews), artifacts=store, review_words=words_of(reviews), lexicon_scores=scores_of(reviews))
    rows: list[dict[str, Any]] = pa.Table.from_batches(batches, SentimentModel.arrow_schema()).to_pylist()
    return rows


def test_a_model_that_learnt_is_in_force_and_its_card_has_the_race(tmp_path: Path) -> None:
    (row,) = models(opinions(500), Artifacts(tmp_path), MONDAY)
    card = json.loads(row["card"])
    assert row["in_force"] in (NB_SVM, TF_IDF)
    assert row["auc"] == card["race"][row["in_force"]]["auc"] == max(result["auc"] for result in card["race"].values()) > 0.7
    assert {*card["race"]} == {*card["backtest"]["auc"]} == {VADER, NB_SVM, TF_IDF}
    assert "is above" in row["reason"]
    assert row["reviews"] == card["data"]["reviews"] == sum(review["batch_date"] <= MONDAY for review in opinions(500))
    assert card["libraries"] == {name: installed(name) for name in LIBRARIES}


def test_with_few_reviews_the_lexicon_is_in_force_and_says_why(tmp_path: Path) -> None:
    store = Artifacts(tmp_path)
    assert models(opinions(LEAST_LABELLED - 1), store, day_of(70))[0]["in_force"] == VADER
    (row,) = models([], store, day_of(70))
    assert (row["in_force"], row["reviews"], row["auc"]) == (VADER, 0, 0.5)
    assert row["reason"] == "of 0 reviews with stars, 0 are positive: fewer than 200, or than 40 of either kind"
    praise = [review | {"five_stars": True} for review in opinions(500)]
    assert models(praise, store, day_of(70))[0]["in_force"] == VADER


def test_other_days_point_to_the_last_retrain_day_and_any_may_be_first(tmp_path: Path) -> None:
    reviews, one, two = opinions(400), Artifacts(tmp_path / "one"), Artifacts(tmp_path / "two")
    rows = [*models(reviews, one, MONDAY + 2 * DAY), *models(reviews, one, MONDAY, MONDAY + DAY)]
    assert {row["trained_on"] for row in rows} == {MONDAY}
    (apart,) = models(reviews, two, MONDAY)
    assert {row["version"] for row in rows} == {apart["version"]}
    assert one.all(MODEL, apart["version"]) == two.all(MODEL, apart["version"])


def test_a_model_knows_nothing_of_the_days_after_its_retrain_day(tmp_path: Path) -> None:
    """Neither words, nor stars, nor calibration: files and row are the same whatever is said later, be it in the same range of days."""
    reviews, asked = opinions(400), [MONDAY + n * DAY for n in range(10)]
    known = [review for review in reviews if review["batch_date"] <= MONDAY]
    changed = [review if review in known else review | {"words": ["quite", "unheard"], "five_stars": False} for review in reviews]
    stores = [Artifacts(tmp_path / name) for name in ("known", "whole", "changed")]
    rows = [models(each, store, *asked)[0] for each, store in zip((known, reviews, changed), stores, strict=True)]
    assert rows[0] == rows[1] == rows[2]
    files = [store.all(MODEL, rows[0]["version"]) for store in stores]
    assert files[0] == files[1] == files[2]


def test_changed_reviews_make_another_version(tmp_path: Path) -> None:
    reviews, store = opinions(300), Artifacts(tmp_path)
    changed = [reviews[0] | {"five_stars": not reviews[0]["five_stars"]}, *reviews[1:]]
    assert models(reviews, store, MONDAY)[0]["version"] != models(changed, store, MONDAY)[0]["version"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_that_trains_makes_another_version(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    batches = [Batch("features.review_words", MONDAY, "a")]
    before = module._version(batches, MONDAY)
    monkeypatch.setattr("batch_assets.table.code_version._installed", lambda name: "0.0" if name == library else installed(name))
    assert module._version(batches, MONDAY) != before


def test_only_reviews_that_can_be_read_and_are_new_teach(tmp_path: Path) -> None:
    reviews, store = opinions(300), Artifacts(tmp_path)
    known = sum(review["batch_date"] <= MONDAY for review in reviews)
    of_no_use: list[dict[str, Any]] = [{"language": "de"}, {"word_count": 4}, {"is_repeat": True}, {"five_stars": None}, {"letters": reviews[1]["letters"]}]
    more = [reviews[0] | {"review_id": 1000 + n, "batch_date": MONDAY, "letters": f"other {n}"} | fields for n, fields in enumerate(of_no_use)]
    assert models([*reviews, *more], store, MONDAY)[0]["reviews"] == known


def test_files_are_readable_and_score(tmp_path: Path) -> None:
    store = Artifacts(tmp_path)
    (row,) = models(opinions(500), store, MONDAY)
    files = store.all(MODEL, row["version"])
    header, *lines = files["weights.tsv"].splitlines()
    weights = {term: float(weight) for term, weight, *_ in (line.split("\t") for line in lines)}
    assert header == "term\tweight\tsquare\treviews"
    assert weights["delicious"] > 0 > weights["stale"]
    words = pa.array([["it", "was", "delicious"], ["it", "was", "stale"], []])
    good, bad, nothing = Judge(files).judge(words, pa.array(["", "", ""])).log_odds.tolist()
    assert good > nothing > bad
