"""Lines by a pattern: one that matches from begin to end is a row, any other is kept with its number; no pattern and no line make it slow."""

import io
import time

import pytest

from batch_assets.errors import DefinitionError
from batch_assets.ingest.formats.format import Refused
from batch_assets.ingest.formats.pattern import Pattern

FORM = Pattern(r"(?P<b>\w+)=(?P<a>[^;]*);?")


def read(form: Pattern, content: bytes) -> tuple[list[tuple[object, ...]], list[Refused]]:
    """Return the rows of a file with their numbers, and what is no row."""
    bad: list[Refused] = []
    blocks = list(form.read(io.BytesIO(content), ("a", "b"), bad.append))
    rows = [row for block in blocks for row in zip(block.lines.to_pylist(), *(field.to_pylist() for field in block.fields), strict=True)]
    assert form.count(io.BytesIO(content)) == len(rows) + len(bad)
    return rows, bad


def test_groups_are_fields_whatever_their_order() -> None:
    assert read(FORM, "x=\u00e9;\r\ny=\n".encode()) == ([(1, "\u00e9", "x"), (2, "", "y")], [])


@pytest.mark.parametrize("line", [b"", b"x", b"x=1;2", b" x=1", b"x=1;\t"])
def test_a_line_that_does_not_match_as_a_whole_is_kept_with_its_number(line: bytes) -> None:
    assert read(FORM, b"x=1\n" + line + b"\ny=2\n") == ([(1, "1", "x"), (3, "2", "y")], [Refused.of(2, "the line does not match the pattern", line)])


def test_a_line_that_is_not_utf_8_is_kept_with_its_number() -> None:
    assert read(FORM, b"x=1\nx=\xe9\ny=2\n") == ([(1, "1", "x"), (3, "2", "y")], [Refused(2, "the line is not UTF-8", "x=\\xe9")])


def test_no_pattern_stalls() -> None:
    slow = Pattern("(?P<a>(?:a+)+)(?P<b>(?:a*)*b)")
    started = time.process_time()
    assert len(read(slow, b"a" * 100_000 + b"\n" + b"aab\n")[1]) == 1
    assert time.process_time() - started < 5


@pytest.mark.parametrize("pattern", ["(?P<a>x", "(?P<a>x)(y)", r"(?P<a>x)\1", "(?P<a>(?=x))"])
def test_what_is_no_pattern_with_named_groups_is_refused_when_it_is_defined(pattern: str) -> None:
    with pytest.raises(DefinitionError, match="Pattern: "):
        Pattern(pattern)


def test_the_groups_are_the_fields_of_the_source() -> None:
    with pytest.raises(DefinitionError, match="the groups are a, and the source has a, b"):
        read(Pattern("(?P<a>x)"), b"x\n")
