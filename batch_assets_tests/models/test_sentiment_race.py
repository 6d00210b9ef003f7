"""The race: nobody is judged on what he learnt from, and results are what they are by definition."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from batch_assets.features._lexicon import VADER, compound
from batch_assets.models._sentiment.known import Labelled
from batch_assets.models._sentiment.methods import NB_SVM, TF_IDF
from batch_assets.models._sentiment.race import Entrant, auc, calibration, ece, over_time, probabilities, race, winner

from ..lake.writer import day_of
from .opinions import opinions


def labelled(count: int) -> Labelled:
    """Return reviews from which methods can learn."""
    reviews = opinions(count)
    return Labelled(
        np.array([review["batch_date"] for review in reviews], "datetime64[D]"),
        pa.array([review["words"] for review in reviews], pa.list_(pa.string())),
        np.array([review["five_stars"] for review in reviews]),
        np.array([compound(" ".join(review["words"])) for review in reviews]),
    )


def by_chance(reviews: Labelled) -> Labelled:
    """Return the reviews with stars that have nothing to do with them; each has a word of its own, three times over, so that it can be learnt by heart."""
    chance = np.random.default_rng(1)
    own = [[word, *words] for words, word in zip(reviews.words.to_pylist(), np.random.default_rng(2).permutation(_names(len(reviews))), strict=True)]
    return dataclasses.replace(reviews, words=pa.array(own, pa.list_(pa.string())), positive=chance.random(len(reviews)) < 0.5)


def _names(count: int) -> list[str]:
    letters = "abcdefghij"
    return ["x" + "".join(letters[int(digit)] for digit in f"{number // 3:03}") for number in range(count)]


def test_nobody_is_judged_on_what_he_learnt_from() -> None:
    found = race(by_chance(labelled(600)))
    for entrant in found.values():
        assert 0.4 < entrant.auc < 0.6
        assert abs(entrant.slope) < 0.4


def test_probabilities_are_calibrated_by_scores_of_reviews_that_were_not_learnt_from() -> None:
    found = race(by_chance(labelled(600)))
    assert max(entrant.ece for entrant in found.values()) < 0.06


def test_by_time_nothing_that_came_later_is_learnt() -> None:
    """If all later stars were the other way round, each method would tell them apart just as badly as it did well."""
    reviews, origin = labelled(400), day_of(40)
    later = reviews.days > np.datetime64(origin)
    upside_down = dataclasses.replace(reviews, positive=reviews.positive ^ later)
    before, after = over_time(reviews, origin), over_time(upside_down, origin)
    assert before[NB_SVM] > 0.7
    assert after == pytest.approx({name: 1 - value for name, value in before.items()}, abs=1e-4)


def test_by_time_reviews_that_are_all_alike_judge_nobody() -> None:
    reviews = labelled(100)
    assert over_time(dataclasses.replace(reviews, positive=np.ones(100, bool)), day_of(40)) == {}
    assert over_time(reviews, day_of(60)) == {}


def test_the_area_under_the_curve_is_how_often_a_positive_review_is_above_a_negative_one() -> None:
    chance = np.random.default_rng(0)
    scores, positive = chance.integers(0, 5, 60).astype(float), chance.random(60) < 0.4
    above = scores[positive][:, None] - scores[~positive][None, :]
    assert auc(scores, positive) == pytest.approx(((above > 0) + 0.5 * (above == 0)).mean())


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    log_odds = np.array([-2.0, -2.0, 2.0, 2.0])
    assert ece(log_odds, np.array([False, True, True, True])) == pytest.approx(
        0.5 * abs(0.5 - probabilities(log_odds)[0]) + 0.5 * (1 - probabilities(log_odds)[2])
    )
    assert ece(np.array([99.0]), np.array([True])) == 0


def test_calibration_makes_log_odds_of_scores() -> None:
    chance = np.random.default_rng(0)
    scores = chance.normal(size=20_000)
    slope, offset = calibration(scores, chance.random(20_000) < probabilities(2 * scores - 1))
    assert (slope, offset) == pytest.approx((2, -1), abs=0.1)


def test_of_equal_methods_the_simplest_wins() -> None:
    same = Entrant(None, 1, 0, 0.8, 0, 0)
    assert winner({VADER: same, NB_SVM: same, TF_IDF: dataclasses.replace(same, auc=0.79)}) == VADER
    assert winner({VADER: same, NB_SVM: dataclasses.replace(same, auc=0.81)}) == NB_SVM
