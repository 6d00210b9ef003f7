"""Which patterns mean the same everywhere, and how they are written then."""

import pytest

from batch_assets.engine.spark.patterns import alike, with_named_group


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"^-?\d{1,18}$", r"^-?[0-9]{1,18}\z"),
        (r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3])Z$", r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T([01][0-9]|2[0-3])Z\z"),
        (r"[?&]utm_medium=(email|letter)(?:[&#]|$)", r"[?&]utm_medium=(email|letter)(?:[&#]|\z)"),
        (r"[^0-9A-Za-z]", r"[^0-9A-Za-z]"),
        (r"a\.b[\d,]", r"a\.b[0-9,]"),
    ],
)
def test_a_plain_pattern_is_spelled_out(pattern: str, written: str) -> None:
    assert alike(pattern) == written


@pytest.mark.parametrize(
    "pattern", [r"\s", r"\S+", r"\bx\b", r"(?i)x", r"[^\pL]", "é", "a.b", r"\x41", "(?P<n>a)", "[a&&b]", "[a--b]", r"[^@\s]+", "[[:alpha:]]", r"\w"]
)
def test_what_engines_read_in_different_ways_is_left_to_re2(pattern: str) -> None:
    assert alike(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "number", "named"),
    [
        ("a", 0, "(?P<found>a)"),
        ("(a)(b)", 0, "(?P<found>(?:a)(?:b))"),
        ("(a)(b)", 2, "(?:a)(?P<found>b)"),
        (r"\((?:x)[(](y)", 1, r"\((?:x)[(](?P<found>y)"),
        ("[]()](z)", 1, "[]()](?P<found>z)"),
        ("[^]](z)", 1, "[^]](?P<found>z)"),
        (r"[\]()](z)", 1, r"[\]()](?P<found>z)"),
    ],
)
def test_a_group_gets_a_name(pattern: str, number: int, named: str) -> None:
    assert with_named_group(pattern, number) == named


def test_a_group_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="has no group 2"):
        with_named_group("(a)", 2)
