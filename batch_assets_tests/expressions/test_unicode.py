"""One form of text: composed, with ordinary blanks, and none around it."""

import ibis
import pytest

from batch_assets.expressions.unicode import one_form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CR\u00c8ME", "CR\u00c8ME"),
        ("CRE\u0300ME", "CR\u00c8ME"),
        ("ICE\u00a0CREAM", "ICE CREAM"),
        ("1\u2007000\u202fG", "1 000 G"),
        ("\u00a0 MILK\t", "MILK"),
        ("a  b", "a  b"),
        ("\u00a0", None),
        ("", None),
        (None, None),
        ("\u2460", "\u2460"),
    ],
)
def test_what_looks_the_same_is_the_same(text: str | None, expected: str | None) -> None:
    rows = ibis.memtable({"text": [text]}, schema={"text": "string"})
    assert rows.select(value=one_form(rows["text"])).to_pyarrow()["value"].to_pylist() == [expected]
