"""JSON documents: each element of the array is a row or is refused with its number; a document that is not whole is refused."""

import io
import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_assets.ingest.formats import json_document
from batch_assets.ingest.formats.format import FormError, Refused
from batch_assets.ingest.formats.json_document import JsonDocument

FORM = JsonDocument("rows")


def read(content: bytes) -> tuple[list[tuple[object, ...]], list[Refused]]:
    """Return the rows of a document with their numbers, and what is no row."""
    bad: list[Refused] = []
    blocks = list(FORM.read(io.BytesIO(content), ("a", "b"), bad.append))
    rows = [row for block in blocks for row in zip(block.lines.to_pylist(), *(field.to_pylist() for field in block.fields), strict=True)]
    assert FORM.count(io.BytesIO(content)) == len(rows) + len(bad)
    return rows, bad


def test_an_element_is_a_row_whatever_stands_around_the_array() -> None:
    rows, bad = read(b'\xef\xbb\xbf{"x": {"rows": [9]}, "rows" : [ {"a": 1.50, "b": "x"} ,{"b": null, "a": "]"}], "y": [[]]} ')
    assert (rows, bad) == ([(1, "1.50", "x"), (2, "]", None)], [])


@pytest.mark.parametrize("content", [b'{"rows": []}', b'{"rows":[ \n ]}', b'[{"rows": 1}]'[1:-1].replace(b"1", b"[]")])
def test_an_empty_array_has_no_rows(content: bytes) -> None:
    assert read(content) == ([], [])


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (b'{"a": 1}', "missing b"),
        (b'{"a": 1, "b": 2, "c": 3}', "unexpected c"),
        (b'{"a": 1, "a": 2, "b": 3}', "a is there 2 times"),
        (b'{"a": {"x": [1]}, "b": "}"}', "a is an object, not a single value"),
        (b'{"a": [], "b": 1}', "a is an array, not a single value"),
        (b"7", "the record is JSON, but a int, not an object"),
        (b'"x, y]"', "the record is JSON, but a str, not an object"),
        (b"[1, [2]]", "the record is JSON, but a list, not an object"),
        (b'{"a": 1O, "b": 2}', "the record is not JSON"),
        (b'{"a": 1, "b": "\xff"}', "the record is not JSON"),
        (b'{"a": 1, "b": "\n"}', "the record is not JSON"),
        (b'{"a": 1, "b": 2} {}', "the record is not JSON"),
    ],
)
def test_an_element_that_is_no_row_is_kept_verbatim_with_its_number(element: bytes, reason: str) -> None:
    rows, bad = read(b'{"rows": [{"a": 1, "b": 2}, ' + element + b' , {"a": 3, "b": 4}]}')
    assert rows == [(1, "1", "2"), (3, "3", "4")]
    assert bad == [Refused.of(2, reason, element)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "there is no array rows in the document, or it is cut off before it"),
        (b'[{"a": 1, "b": 2}]', "there is no array rows"),
        (b'{"rows": 5}', "there is no array rows"),
        (b'{"rows": [{"a": 1, "b": 2}', "the document is cut off after record 0"),
        (b'{"rows": [{"a": 1, "b": 2}, {"a": 1, "b', "the document is cut off after record 1"),
        (b'{"rows": [{"a": 1, "b": 2}]', "what stands around the records is not JSON"),
        (b'{"rows": [{"a": 1, "b": 2}]}}', "what stands around the records is not JSON"),
        (b'{"rows": [{"a": 1, "b": 2},]}', "a comma and the array's end, after record 1"),
        (b'{"rows": [,{"a": 1, "b": 2}]}', "nothing between two commas"),
        (b'{"rows": [{"a": 1, "b": 2}], "rows": [{}]}', "the document has rows more than once"),
    ],
)
def test_a_document_that_is_not_whole_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(FormError, match=told):
        read(content)


@given(
    rows=st.lists(st.fixed_dictionaries({"a": st.one_of(st.text(), st.integers(), st.booleans(), st.none()), "b": st.text()}), max_size=9),
    indent=st.sampled_from([None, 0, 2]),
    size=st.integers(1, 99),
    at_once=st.integers(1, 3),
)
def test_blocks_of_any_size_give_the_same_rows(rows: list[dict[str, object]], indent: int | None, size: int, at_once: int) -> None:
    content = json.dumps({"x": [1, '"'], "rows": rows, "y": {}}, indent=indent).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_document, "BLOCK_BYTES", size)
        patch.setattr(json_document, "RECORDS_AT_ONCE", at_once)
        told = [str(row["a"]).lower() if isinstance(row["a"], bool) else None if row["a"] is None else str(row["a"]) for row in rows]
        assert read(content) == ([(n, text, row["b"]) for n, (text, row) in enumerate(zip(told, rows, strict=True), 1)], [])


def test_a_record_without_end_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "RECORD_BYTES", 1 << 20)
    with pytest.raises(FormError, match="a record of more than 1048576 bytes"):
        read(b'{"rows": [{"a": "' + b"x" * (4 << 20) + b'", "b": 1}]}')


class _Endless(io.RawIOBase):
    """A document of many records that is written as it is read."""

    def __init__(self, count: int) -> None:
        self._parts = self._written(count)

    def _written(self, count: int) -> Iterator[bytes]:
        yield b'{"rows": [{"a": 0, "b": "x"}'
        for _ in range(count // 1000):
            yield b', {"a": 1, "b": "some text"}' * 1000
        yield b"]}"

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


def test_memory_does_not_grow_with_the_document() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in FORM.read(_Endless(count), ("a", "b"), lambda refused: pytest.fail(str(refused))):  # type: ignore[arg-type]
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(200_000) < 1.5 * peak(50_000)
