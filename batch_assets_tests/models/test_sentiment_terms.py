"""Terms: words and pairs of neighbours; a word after a negation is another word."""

import numpy as np
import pyarrow as pa
import pytest

from batch_assets.models._sentiment.terms import codes_named, codes_of, names_of, tokens_of


def terms(text: str, *, negation: bool = True) -> list[str]:
    """Return the terms of a text whose words and marks stand between blanks."""
    tokens = tokens_of(pa.array([["before", "not"], text.split(), ["after"]], pa.list_(pa.string())), negation=negation)
    words = sorted(tokens.distinct.to_pylist())
    rows, codes = codes_of(tokens, pa.array(words))
    return names_of(codes[rows == 1], words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("very good", ["very", "good", "very good"]),
        ("not good", ["not", "not_good", "not not_good"]),
        ("not good . fine", ["not", "not_good", ".", "fine", "not not_good"]),
        ("no one two three four five", ["no", "not_one", "not_two", "not_three", "not_four", "five"]),
        ("it isn't good", ["it", "isn't", "not_good"]),
        ("", []),
    ],
)
def test_terms_are_words_and_pairs_and_a_negation_reaches_to_the_next_mark(text: str, expected: list[str]) -> None:
    assert [name for name in terms(text) if name in expected or " " not in name] == expected


def test_a_negation_or_a_pair_does_not_reach_into_the_next_review() -> None:
    assert terms("good tea") == ["good", "tea", "good tea"]


def test_a_mark_is_in_no_pair() -> None:
    assert terms("good , tea") == ["good", ",", "tea"]


def test_without_negations_words_are_themselves() -> None:
    assert terms("not good", negation=False) == ["not", "good", "not good"]


def test_a_double_negation_negates_from_the_last() -> None:
    assert terms("not never good")[:3] == ["not", "not_never", "not_good"]


def test_names_stand_for_their_codes() -> None:
    words = ["a", "b", "c"]
    codes = np.arange(2 * len(words) * (2 * len(words) + 1))
    assert codes_named(names_of(codes, words), pa.array(words)).tolist() == codes.tolist()
