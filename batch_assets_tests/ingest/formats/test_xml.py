"""XML: each record below the root is a row or is refused with its number; nothing that a file says makes the reader grow, fetch or expand."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from batch_assets.errors import DefinitionError
from batch_assets.ingest.formats import xml
from batch_assets.ingest.formats.format import FormError, Refused
from batch_assets.ingest.formats.xml import Xml

FORM = Xml("Rows", "Row", {"a": "@a", "b": "G/p:B"}, optional=("b",), namespaces={"": "urn:rows", "p": "urn:parts"})
HEAD, TAIL = b'<Rows xmlns="urn:rows" xmlns:p="urn:parts">', b"</Rows>"


def read(content: bytes) -> tuple[list[tuple[object, ...]], list[Refused]]:
    """Return the rows of a file with their numbers, and what is no row."""
    bad: list[Refused] = []
    blocks = list(FORM.read(io.BytesIO(content), ("a", "b"), bad.append))
    rows = [row for block in blocks for row in zip(block.lines.to_pylist(), *(field.to_pylist() for field in block.fields), strict=True)]
    assert FORM.count(io.BytesIO(content)) == len(rows) + len(bad)
    return rows, bad


def test_a_record_is_a_row_whatever_its_prefixes_and_encoding() -> None:
    root = '<?xml version="1.0" encoding="{}"?><q:Rows xmlns:q="urn:rows">'
    text = root + '<q:Row a="\u00e9"><q:G><B xmlns="urn:parts"> x<!-- c -->&#38;y </B></q:G></q:Row></q:Rows>'
    for encoding in ("utf-8", "iso-8859-1", "utf-16"):
        assert read(text.format(encoding).encode(encoding)) == ([(1, "\u00e9", " x&y ")], [])


def test_an_optional_field_that_is_not_there_is_null_and_an_empty_one_is_not() -> None:
    records = b'<Row a="1"/> <Row a="2"><G/></Row> <Row a="3"><G><p:B/></G></Row>'
    assert read(HEAD + records + TAIL)[0] == [(1, "1", None), (2, "2", None), (3, "3", "")]


@pytest.mark.parametrize("content", [HEAD + TAIL, b'<Rows xmlns="urn:rows"/>'])
def test_a_root_without_records_has_no_rows(content: bytes) -> None:
    assert read(content) == ([], [])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"<Row/>", "missing a"),
        (b'<Row a="1" c="2"/>', "unexpected @c"),
        (b'<Row a="1"><B>x</B></Row>', "unexpected B"),
        (b'<Row a="1"><G><B>x</B></G></Row>', "unexpected G/B"),
        (b'<Row a="1"><G><p:B>x</p:B><p:B>y</p:B></G></Row>', "b is there more than once"),
        (b'<Row a="1"><G><p:B><X/></p:B></G></Row>', "unexpected G/B/X"),
        (b'<Row a="1"><G>x<p:B/></G></Row>', "there is text between elements"),
        (b'<Row a="1">x</Row>', "unexpected text"),
        (b'<Rwo a="1"/>', "the record is a Rwo, not a Row"),
        (b'<p:Row a="1"/>', "the record is a Row, not a Row"),
    ],
)
def test_a_record_that_is_no_row_is_kept_with_its_number(record: bytes, reason: str) -> None:
    rows, bad = read(HEAD + b'<Row a="1"/>' + record + b'<Row a="3"/>' + TAIL)
    assert [row[:2] for row in rows] == [(1, "1"), (3, "3")]
    ((number, told, raw),) = [(line.line, line.reason, line.raw) for line in bad]
    assert (number, told) == (2, reason)
    assert read(HEAD + raw.encode() + TAIL)[1][0].raw == raw


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "cut off or damaged"),
        (b"a,b\n1,2\n", "cut off or damaged"),
        (HEAD + b'<Row a="1"/>', "cut off or damaged"),
        (HEAD + b'<Row a="1"></Rows>', "cut off or damaged"),
        (HEAD + b"<Row a='&none;'/>" + TAIL, "cut off or damaged"),
        (HEAD + b"<Row a='1'>&none;</Row>" + TAIL, "cut off or damaged"),
        (HEAD + b'<Row a="1"/>x<Row a="1"/>' + TAIL, "there is text between the records"),
        (HEAD + b'x<Row a="1"/>' + TAIL, "there is text before the first record"),
        (b'<Rows><Row a="1"/></Rows>', "its root is Rows in the namespace none, not Rows"),
        (b'<html xmlns="urn:rows"><Row a="1"/></html>', "its root is html in the namespace urn:rows, not Rows"),
    ],
)
def test_a_file_that_is_no_such_xml_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(FormError, match=told):
        read(content)


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 100}">' for n in range(10))


@pytest.mark.parametrize(
    "kind",
    [
        '<!DOCTYPE Rows SYSTEM "http://127.0.0.1:9/rows.dtd">',
        '<!DOCTYPE Rows [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
        f"<!DOCTYPE Rows [{BOMB}]>",
        '<!DOCTYPE Rows [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        '<!DOCTYPE Rows [<!ATTLIST Row a CDATA "default">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_expanded(kind: str, encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>{kind}{HEAD.decode()}<Row a="1"><G><p:B>&e9;</p:B></G></Row></Rows>'.encode(encoding)
    tracemalloc.start()
    with pytest.raises(FormError, match=r"document type|cut off or damaged"):
        read(content)
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "record",
    [
        b"<G>" * 100_000,
        b'<Row a="' + b"x" * (8 << 20),
        b'<Row a="1"><G>' + b"<p:B/>" * (1 << 20),
        b"<Row>" + b"x" * (8 << 20),
    ],
)
def test_a_record_that_is_too_deep_or_too_long_is_refused(record: bytes) -> None:
    with pytest.raises(FormError, match=r"a record of more than 4194304 bytes|[Ee]xcessive depth|cut off or damaged"):
        read(HEAD + record)


def test_a_record_of_many_elements_is_refused_while_it_is_read() -> None:
    with pytest.raises(FormError, match="a record of more than 4194304 bytes"):
        read(HEAD + b'<Row a="1"><G>' + b"<p:B/>" * (1 << 20) + b"</G></Row>" + TAIL)


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_blocks_of_any_size_give_the_same_rows(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = HEAD + b"".join(f'<Row a="{n}"><G><p:B>{n}</p:B></G></Row>\n'.encode() for n in range(20)) + b"<X/>" + TAIL
    expected = read(content)
    monkeypatch.setattr(xml, "BLOCK_BYTES", size)
    monkeypatch.setattr(xml, "ROWS_AT_ONCE", 3)
    assert read(content) == expected
    assert len(expected[0]) == 20


class _Long(io.RawIOBase):
    """A file of many records that is written as it is read."""

    def __init__(self, count: int) -> None:
        self._parts = self._written(count)

    def _written(self, count: int) -> Iterator[bytes]:
        yield HEAD
        for _ in range(count // 1000):
            yield b'<Row a="1"><G><p:B>some text</p:B></G></Row>\n' * 1000
        yield TAIL

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


def test_memory_does_not_grow_with_the_file() -> None:
    import resource

    def most() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert FORM.count(_Long(20_000)) == 20_000  # type: ignore[arg-type]
    before = most()
    assert FORM.count(_Long(400_000)) == 400_000  # type: ignore[arg-type]
    assert most() - before < 8 << 10


def test_fields_are_those_of_the_source() -> None:
    with pytest.raises(DefinitionError, match="c is optional, and no field"):
        Xml("Rows", "Row", {"a": "@a"}, optional=("c",))
    with pytest.raises(DefinitionError, match="the fields are a, b, and the source has a"):
        list(FORM.read(io.BytesIO(HEAD + TAIL), ("a",), lambda refused: None))
