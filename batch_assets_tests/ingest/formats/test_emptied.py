"""A row whose fields are emptied is read with nothing in them; all other rows, and what is no row, are read as before, from bytes that are as they were."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch_assets.ingest.formats.csv import Csv
from batch_assets.ingest.formats.events import Events
from batch_assets.ingest.formats.format import Format, Refused
from batch_assets.ingest.formats.json_document import JsonDocument
from batch_assets.ingest.formats.json_lines import JsonLines
from batch_assets.ingest.formats.parquet import Parquet
from batch_assets.ingest.formats.pattern import Pattern
from batch_assets.ingest.formats.xml import Xml
from batch_assets.ingest.lakefile import LakeFile

from .test_any_bytes import DAY, FIELDS, FILES

PARTS: dict[str, tuple[Format, bytes, set[int], set[int], bytes]] = {
    "csv": (Csv(), b'a,b,c\n1,2,3\n"x, ""y",Ann,\n1,2\n7,8,9\n', {3}, {4}, b'a,b,c\n1,2,3\n"x, ""y",,\nerased on request\n7,8,9\n'),
    "csv, CR and BOM": (Csv(), b"\xef\xbb\xbfa,b,c\r\n1,Ann,3\r\n4,5,6", {2}, set(), b"\xef\xbb\xbfa,b,c\r\n1,,3\r\n4,5,6"),
    "csv, Latin-1": (Csv(separator=";", encoding="latin-1"), b"a;b;c\n\xe9;Ann;3\n", {2}, set(), b"a;b;c\n\xe9;;3\n"),
    "json lines": (
        JsonLines(),
        b'{"a": 1.50, "b": "Ann", "c": true}\n{"a":-0,"b":"B","c":1}\n{"b": "Ann"}\n',
        {1},
        {3},
        b'{"a": 1.50, "b": null, "c": true}\n{"a":-0,"b":"B","c":1}\n{"erased on request": true}\n',
    ),
    "events": (
        Events(),
        b'{"partition":0,"offset":7,"appended_at":1,"key":"k","value":"{\\"a\\": 1.50, \\"b\\": \\"Ann\\", \\"c\\": true}"}\n'
        b'{"partition":0,"offset":8,"appended_at":1,"key":null,"value":"Ann"}\n',
        {1},
        {2},
        b'{"partition":0,"offset":7,"appended_at":1,"key":"k","value":"{\\"a\\": 1.50, \\"b\\": null, \\"c\\": true}"}\n{"erased on request": true}\n',
    ),
    "json document": (
        JsonDocument("t"),
        b'{"n": {"a": 1, "b": 2, "c": 3}, "t": [{"a": 1, "b": 2, "c": 3},\n {"a": 1, "b": 2, "c": 3} , {"a": 1E2, "b": "Ann", "c": "\xc3\xa9"}, 7 ], "z": 1}',
        {2, 3},
        {4},
        b'{"n": {"a": 1, "b": 2, "c": 3}, "t": [{"a": 1, "b": 2, "c": 3},\n {"a": 1, "b": null, "c": 3} , {"a": 1E2, "b": null, "c": "\\u00e9"}, '
        b'{"erased on request": true} ], "z": 1}',
    ),
    "pattern": (Pattern(r"(?P<a>\S+) (?P<b>\S+) (?P<c>\S+)"), b"1 Ann 3\n4 5 6\nAnn\n", {1}, {3}, b"1 - 3\n4 5 6\nerased on request\n"),
    "xml": (
        Xml("T", "R", {"a": "@a", "b": "B/N", "c": "C"}, optional=("b",)),
        b"<?xml version='1.0' encoding='UTF-8'?>\n<T>\n <R a=\"1\"><B><N>An<!-- -->n</N></B><C>&lt;</C></R> <!-- x -->\n <R a=\"2\"><C/></R><Q>Ann</Q>\n</T>",
        {1, 2},
        {3},
        b"<?xml version='1.0' encoding='UTF-8'?>\n<T>\n <R a=\"1\"><B><N></N></B><C>&lt;</C></R> <!-- x -->\n <R a=\"2\"><C/></R><erased/>\n</T>",
    ),
}
"""By format: a file, its rows of which b is emptied, its records that are no rows and go, and what is left."""


@pytest.mark.parametrize("name", PARTS)
def test_only_what_goes_is_changed(name: str) -> None:
    form, content, rows, refused, left = PARTS[name]
    assert form.emptied(content, tuple(FIELDS), ("b",), rows, refused) == left


def test_a_column_format_has_null_in_its_place(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2], "b": ["Ann", "B"], "c": [1.5, 2.5]}), tmp_path / "in.parquet")
    left = Parquet().emptied((tmp_path / "in.parquet").read_bytes(), tuple(FIELDS), ("b",), {1}, set())
    assert pq.read_table(pa.BufferReader(left)).to_pydict() == {"a": [1, 2], "b": [None, "B"], "c": [1.5, 2.5]}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_a_file_with_emptied_fields_is_read_as_one_in_which_they_are_emptied(name: str, packed: bool, tmp_path: Path) -> None:
    form, content = FILES[name]
    before = _read(form, content, tmp_path, packed)
    left = form.emptied(content, tuple(FIELDS), ("b", "c"), {line for line, _ in before}, ())
    emptied = [(line, {**row, **{field: None if row[field] is None else form.nothing for field in ("b", "c")}}) for line, row in before]
    assert _read(form, left, tmp_path, packed) == emptied != before


def _read(form: Format, content: bytes, folder: Path, packed: bool) -> list[tuple[int, dict[str, str | None]]]:
    """Return place and fields of each row."""
    source = LakeFile("things", "{day}.file.gz" if packed else "{day}.file", FIELDS, form, "Things.")
    path, refused = source.path(folder, DAY), list[Refused]()
    path.write_bytes(gzip.compress(content) if packed else content)
    rows = [(row["source_line"], {name: row[name] for name in FIELDS}) for batch in source.read(folder, path, DAY, refused.append) for row in batch.to_pylist()]
    assert refused == []
    return rows
