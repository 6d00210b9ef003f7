"""Reviews as words and marks; a text that came before is a repeat."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.features.review_words import LOOK_BACK, review_words

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)


def review(number: int, day: dt.date = DAY, **fields: Any) -> dict[str, Any]:
    """Return a review, but for the fields that are given."""
    given = {"batch_date": day, "review_id": number, "product_id": 1, "text": "I will not buy it again", "language": "en", "letters": "a"}
    return {**given, "source_file": f"{day}", "source_line": number, **fields}


def made(*reviews: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of reviews."""
    return sorted(rows_of(review_words, reviews=frame("reviews", reviews)), key=lambda row: (row["batch_date"], row["review_id"]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's GOOD, isn't it?!", ["it's", "good", ",", "isn't", "it", "?", "!"]),
        ("not bad - tasty", ["not", "bad", ";", "tasty"]),
        ("not bad\u2014tasty -- very", ["not", "bad", ";", "tasty", ";", "very"]),
        ("a well-known 'brand'", ["a", "well", "known", "brand"]),
        ("12 \U0001f600", []),
    ],
)
def test_a_text_is_its_words_and_marks(text: str, words: list[str]) -> None:
    (row,) = made(review(1, text=text))
    assert row["words"] == words


def test_words_of_any_script_are_counted() -> None:
    assert [row["word_count"] for row in made(review(1, text="Очень вкусный кофе"), review(2, text="It's good!"), review(3, text="5"))] == [3, 2, 0]


def test_a_text_that_came_before_is_a_repeat_for_some_days() -> None:
    days = [DAY, DAY + dt.timedelta(days=LOOK_BACK), DAY + dt.timedelta(days=2 * LOOK_BACK + 1)]
    rows = made(review(1), review(2), *(review(n, day) for n, day in enumerate(days[1:], 3)), review(5, letters="b"))
    assert [(row["review_id"], row["is_repeat"]) for row in rows] == [(1, False), (2, True), (5, False), (3, True), (4, False)]


def test_a_short_text_is_no_repeat() -> None:
    assert not any(row["is_repeat"] for row in made(review(1, text="Not for me!"), review(2, text="Not for me!")))
