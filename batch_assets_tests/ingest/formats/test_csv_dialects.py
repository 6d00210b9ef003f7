"""CSV in its dialects: what a careful writer of the dialect writes is read as it was meant; what is not of the dialect is kept with a reason."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batch_assets.errors import DefinitionError
from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.format import FormError, Refused

COLUMNS = ("a", "b")


def read(form: Csv, content: bytes, columns: tuple[str, ...] = COLUMNS) -> tuple[list[tuple[str, ...]], list[Refused]]:
    """Return the rows of a file, and what is no row."""
    bad: list[Refused] = []
    blocks = list(form.read(io.BytesIO(content), columns, bad.append))
    return [row for block in blocks for row in zip(*(field.to_pylist() for field in block.fields), strict=True)], bad


TEXT = st.text(st.sampled_from([*"ab ,;|\t'\"\u00e9\u00df0.-^]\\"]), max_size=4)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT), max_size=6),
    separator=st.sampled_from([",", ";", "\t", "|", "^", "]"]),
    quote=st.sampled_from(['"', "'"]),
    encoding=st.sampled_from(["utf-8", "latin-1", "cp1252", "iso8859-15", "cp850"]),
)
@example([("x;y", "")], ";", '"', "latin-1")
def test_what_was_written_in_a_dialect_is_read(rows: list[tuple[str, str]], separator: str, quote: str, encoding: str) -> None:
    told = io.StringIO()
    csv.writer(told, delimiter=separator, quotechar=quote, lineterminator="\n").writerows([COLUMNS, *rows])
    assert read(Csv(separator, quote, encoding), told.getvalue().encode(encoding)) == (rows, [])


def test_without_quotes_a_quote_is_a_character() -> None:
    assert read(Csv("\t", None), b'a\tb\n"x\ty"\n"\t""\n') == ([('"x', 'y"'), ('"', '""')], [])


def test_a_decimal_comma_is_of_its_field() -> None:
    assert read(Csv(";"), b"a;b\n1,50;2\n") == ([("1,50", "2")], [])


def test_a_line_that_is_not_in_the_encoding_is_kept_with_its_number() -> None:
    rows, bad = read(Csv(encoding="cp1252"), b"a,b\n\x80,1\n\x81,2\r\n\xe9,3\nx\n")
    assert rows == [("\u20ac", "1"), ("\u00e9", "3")]
    assert bad == [Refused(3, "the line is not cp1252", "\\x81,2"), Refused(5, "1 fields instead of 2", "x")]


@pytest.mark.parametrize("bad", [[], [0], [99], [100], [249], [0, 99, 100, 199, 200, 249], list(range(250))])
def test_each_line_that_is_no_utf_8_is_found_among_many(bad: list[int]) -> None:
    lines = [b"\xe9,%d\n" % n if n in bad else f"é,{n}\n".encode() for n in range(250)]
    rows, refused = read(Csv(), b"a,b\n" + b"".join(lines))
    assert rows == [("é", str(n)) for n in range(250) if n not in bad]
    assert refused == [Refused(n + 2, "the line is not UTF-8", f"\\xe9,{n}") for n in bad]


def test_another_separator_is_a_changed_header() -> None:
    with pytest.raises(FormError, match="line 1: the header changed: missing a, b"):
        read(Csv(";"), b"a,b\n1,2\n")


@pytest.mark.parametrize(
    "dialect",
    [
        {"separator": ""},
        {"separator": ";;"},
        {"separator": "\n"},
        {"separator": "\u00a7"},
        {"separator": '"'},
        {"quote": ","},
        {"encoding": "utf-16"},
        {"encoding": "cp037"},
        {"encoding": "no such"},
    ],
)
def test_a_dialect_that_cannot_be_read_is_refused_when_it_is_defined(dialect: dict[str, str]) -> None:
    with pytest.raises(DefinitionError, match="Csv: "):
        Csv(**dialect)
