"""The language of a text, by its common words."""

import ibis
import pytest

from batch_assets.demo.customers.dirt import _ELSEWHERE
from batch_assets.demo.customers.source import held_out
from batch_assets.expressions.language import language


def of(*texts: str) -> list[str]:
    """Return the language of texts, in their order."""
    table = ibis.memtable({"place": range(len(texts)), "text": texts})
    made: list[str] = ibis.duckdb.connect().to_pyarrow(table.select("place", found=language(table.text)).order_by("place"))["found"].to_pylist()
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is the best coffee that I have had", "en"),
        ("IT WAS STALE AND NOT FOR ME", "en"),
        ("Der Kaffee ist sehr gut und nicht zu bitter", "de"),
        ("Este café es muy bueno pero no es para mi", "es"),
        ("Ce thé est très bon mais il est cher", "fr"),
        ("Questi biscotti sono molto buoni, non troppo dolci", "it"),
        ("O café é muito bom, mas não gostei da embalagem", "pt"),
        ("Очень вкусный кофе", "other"),
        ("このお茶はとても美味しいです", "other"),
        ("Yum", "unknown"),
        ("\U0001f44d 5", "unknown"),
        ("", "unknown"),
    ],
)
def test_each_language_is_known_by_its_words(text: str, expected: str) -> None:
    assert of(text) == [expected]


def test_reviews_in_english_are_found_to_be_so_and_those_in_others_are_not() -> None:
    texts = [review.text for review in held_out()]
    assert sum(found != "en" for found in of(*texts)) <= 0.002 * len(texts)
    assert "en" not in of(*_ELSEWHERE)
    assert "unknown" not in of(*_ELSEWHERE)
