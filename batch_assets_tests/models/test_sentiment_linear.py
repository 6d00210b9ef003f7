"""The linear model: what terms add sums to the log odds, alone or among others, before it is written and after."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_assets.features._lexicon import ratings
from batch_assets.models._sentiment.linear import Linear, Scorer
from batch_assets.models._sentiment.methods import METHODS, NB_SVM, Examples

from .opinions import opinions

REVIEWS = opinions(200)
WORDS = pa.array([review["words"] for review in REVIEWS], pa.list_(pa.string()))
POSITIVE = np.array([review["five_stars"] for review in REVIEWS])
ALL = np.ones(len(REVIEWS), bool)
MODELS = {name: Examples(WORDS, method, ratings()).fit(ALL, POSITIVE) for name, method in METHODS.items()}

_SAID = ["the", "bag", "of", "chips", "delicious", "stale", "not", "never", ",", ".", "unheard"]
_texts = st.lists(st.lists(st.sampled_from(_SAID), max_size=12), max_size=6)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=30, deadline=None)
@given(texts=_texts)
def test_what_terms_add_sums_to_the_log_odds(name: str, texts: list[list[str]]) -> None:
    made = Scorer(MODELS[name]).score(pa.array(texts, pa.list_(pa.string())))
    sums = [float(made.adds[made.rows == row].sum()) + MODELS[name].intercept for row in range(len(texts))]
    assert made.log_odds.tolist() == pytest.approx(sums)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=20, deadline=None)
@given(texts=_texts)
def test_a_review_has_the_same_score_among_any_others(name: str, texts: list[list[str]]) -> None:
    scorer, kind = Scorer(MODELS[name]), pa.list_(pa.string())
    apart = [float(scorer.score(pa.array([text], kind)).log_odds[0]) for text in texts]
    assert scorer.score(pa.array(texts, kind)).log_odds.tolist() == apart


@pytest.mark.parametrize("name", METHODS)
def test_weights_that_were_written_and_read_score_the_same(name: str) -> None:
    linear = MODELS[name]
    read = Linear.read(linear.text(), linear.intercept, linear.negation)
    assert Scorer(read).score(WORDS).log_odds.tolist() == Scorer(linear).score(WORDS).log_odds.tolist()


def test_it_scores_as_it_was_trained() -> None:
    """scikit-learn's own decision on the training matrix is the score."""
    examples = Examples(WORDS, METHODS[NB_SVM], ratings())
    linear = examples.fit(ALL, POSITIVE)
    made = Scorer(linear).score(WORDS)
    assert made.log_odds[POSITIVE].mean() > 0 > made.log_odds[~POSITIVE].mean()
    again = examples.fit(ALL, POSITIVE)
    assert again.text() == linear.text()


def test_calibration_stretches_the_log_odds() -> None:
    linear = MODELS[NB_SVM]
    before, after = Scorer(linear).score(WORDS).log_odds, Scorer(linear.calibrated(2.0, 0.5)).score(WORDS).log_odds
    assert after.tolist() == pytest.approx((2 * before + 0.5).tolist())


def test_words_that_no_review_of_the_training_had_are_unknown() -> None:
    known = Scorer(MODELS[NB_SVM]).score(pa.array([["delicious", "chips", "."], ["delicious", "unheard"], ["superb", "unheard"], []])).known
    assert known.tolist() == [1.0, 0.5, 0.0, 0.0]
