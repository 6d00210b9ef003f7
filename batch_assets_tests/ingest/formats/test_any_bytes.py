"""Whatever the bytes of a file, in any format: each row is kept or refused, once, by its place, or the file is refused in one line."""

import datetime as dt
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import batch_assets.ingest.lakefile
from batch_assets.errors import LakeError
from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.format import Format, Refused
from batch_assets.ingest.formats.json_document import JsonDocument
from batch_assets.ingest.formats.json_lines import JsonLines
from batch_assets.ingest.formats.pattern import Pattern
from batch_assets.ingest.formats.xml import Xml
from batch_assets.ingest.lakefile import LakeFile

DAY = dt.date(2017, 1, 1)
FIELDS = {"a": "first", "b": "second", "c": "third"}

FILES: dict[str, tuple[Format, bytes]] = {
    "csv": (Csv(), b'a,b,c\n1,2,3\n"x, y",,"say ""it"""\n7,8,\xc3\xa9\n'),
    "csv, semicolons, Latin-1": (Csv(separator=";", encoding="latin-1"), b'a;b;c\n1,5;2;3\n"x; y";;"say ""it"""\n7;8;\xe9\n'),
    "csv, tabs, no quotes, cp1252": (Csv(separator="\t", quote=None, encoding="cp1252"), b'a\tb\tc\n1\t2\t3\n"x\t y"\t\x80\n7\t8\t\xe9\n'),
    "csv, Shift-JIS": (Csv(separator="|", quote="'", encoding="shift_jis"), "a|b|c\n1|2|3\n'x| y'|\u8868|'it''s'\n7|8|\u30bd\n".encode("shift_jis")),
    "json lines": (JsonLines(), b'{"a": 1, "b": "x", "c": null}\n{"a": -0, "b": "\\u00e9", "c": true}\n{"a": 1.50, "b": "", "c": "z"}\n'),
    "pattern": (Pattern(r'(?P<a>\S*) \[(?P<b>[^\]]*)\] "(?P<c>(?:[^"\\]|\\.)*)"'), b'1 [x y] "\\"z\\""\n\xc3\xa9 [] ""\r\n3 [-] "GET /"\n'),
    "xml": (
        Xml("Things", "Thing", {"a": "@a", "b": "p:B", "c": "D/p:C"}, optional=("c",), namespaces={"": "urn:things", "p": "urn:parts"}),
        b'<?xml version="1.0"?>\n<Things xmlns="urn:things" xmlns:q="urn:parts">\n<Thing a="1"><q:B>x &amp; y</q:B><D><q:C/></D></Thing>\n'
        b'<Thing a=""><q:B><![CDATA[<]]></q:B></Thing><Thing a="3"><q:B>\xc3\xa9</q:B><!-- none --></Thing>\n</Things>\n',
    ),
    "json document": (
        JsonDocument("things"),
        b'{"at": "2017", "n": [1, {"x": 2}], "things": [\n {"a": 1, "b": "x]},", "c": null},\n {"a": -0, "b": "\\u00e9\\"", "c": true}, '
        b'{"a": 1.50,\n"b": "", "c": "z"}\n], "more": {}}\n',
    ),
}


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, float, bytes]]:
    """Draw what is done to a file: where, on how much of what is there, and what comes in its place."""
    junk = st.one_of(
        st.binary(max_size=4), st.sampled_from([b'"', b"\n", b"\r\n", b",", b";", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"\xef\xbb\xbf", b"\x00"])
    )
    part = st.floats(0, 1)
    return draw(st.lists(st.tuples(part, st.one_of(st.just(0.0), st.just(0.01), part), junk), max_size=4))


def changed(content: bytes, done: list[tuple[float, float, bytes]]) -> bytes:
    """Return the bytes of a file after some changes."""
    for where, share, junk in done:
        at = int(where * len(content))
        content = content[:at] + junk + content[at + int(share * len(content)) :]
    return content


def _read(source: LakeFile, path: Path, bad: list[Refused]) -> tuple[list[pa.RecordBatch], str | None]:
    """Return the rows of a file, or why it is refused."""
    try:
        return list(source.read(path.parent, path, DAY, bad.append)), None
    except LakeError as refused:
        return [], str(refused)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=200, deadline=None)
@given(done=changes())
@example(done=[])
@example(done=[(1.0, 0.0, b"\r")])
@example(done=[(0.0, 1.0, b"\r")])
def test_each_row_is_kept_or_refused_or_the_file_is_refused_in_one_line(name: str, done: list[tuple[float, float, bytes]]) -> None:
    form, good = FILES[name]
    content = changed(good, done)
    source = LakeFile("things", "{day}.file", FIELDS, form, "Things.", may_be_empty=True)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # A file of which most is no rows is refused for that; here, what becomes of each row is to be seen.
        patch.setattr(batch_assets.ingest.lakefile, "MOST_REFUSED", 1)
        path = source.path(Path(folder), DAY)
        path.write_bytes(content)
        bad: list[Refused] = []
        batches, told = _read(source, path, bad)
        if told is not None:
            assert "\n" not in told
            assert str(path) in told
            assert content != good
            return
        for batch in batches:
            batch.validate(full=True)
        places = sorted([place for batch in batches for place in batch["source_line"].to_pylist()] + [line.line for line in bad])
        first = 2 if isinstance(form, Csv) else 1
        assert places == list(range(first, first + source.count(path, DAY)[0]))
        assert content != good or len(places) == 3
