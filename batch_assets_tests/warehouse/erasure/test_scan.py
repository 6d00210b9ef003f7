"""A name is found wherever it may be: in plain and packed files, in Parquet, across the parts that a file is read in, and in any text of a table."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import batch_assets.warehouse.erasure.scan as scanning
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.erasure.person import Person, exactly, name, phone

from ..things import A_FILE

PERSON = Person((name("zoe", "quux"), phone("6545550179"), exactly("email", "zq@example.com")), ((name("ann", "roy"), exactly("postcode", "08772")),))


@pytest.mark.parametrize(
    "content",
    [
        b"x Zoe Quux",
        gzip.compress(b"Quux, Zo\xc3\xab", mtime=0),
        gzip.compress(b"." * 40, mtime=0) + gzip.compress(b"Quux, Zoe", mtime=0),
        "Zo\u00eb Quux".encode("latin-1"),
        b"\0\0\xff\xfeZoe Quux\0",
        b"a\n08772;Ann Roy",
        b"." * 60 + b"ZQ@example.com",
        b".." + " Zo\u00eb Quux".encode() * 3 + b"..",
    ],
    ids=["plain", "packed", "packed in two", "Latin-1", "no text", "beside", "far in", "parts within a letter"],
)
def test_a_file(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_AT_ONCE", 17)
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "other").write_bytes(b"Zoe, Ann Roy,08773, 6545550178")
    scanned = scanning.in_files(sorted(tmp_path.iterdir()), PERSON)
    assert scanned.found == (tmp_path / "file",)
    assert (scanned.files, scanned.bytes) == (2, len(content) + 30)


def test_a_packed_file_that_is_cut_off_is_searched_as_far_as_it_goes(tmp_path: Path) -> None:
    packed = gzip.compress(b"Zoe Quux" + bytes(range(256)) * 99)
    (tmp_path / "cut.gz").write_bytes(packed[:-50])
    assert scanning.in_files([tmp_path / "cut.gz"], PERSON).found


@A_FILE
@pytest.mark.parametrize(
    ("values", "count"), [({"a": ["Zoe"], "b": ["QUUX"]}, 1), ({"a": ["Zoe"], "b": ["Roy"]}, 0), ({"a": [[{"x": "Quux, Zoe"}]], "b": [1]}, 1)]
)
def test_a_parquet_file_and_a_table(values: dict[str, list[object]], count: int, tmp_path: Path, warehouse: Warehouse) -> None:
    table = pa.table(values)
    pq.write_table(table, tmp_path / "file.parquet", compression="zstd")
    assert len(scanning.in_files([tmp_path / "file.parquet"], PERSON).found) == count
    with warehouse.connect() as con:
        con.con.register("given", table)
        con.con.execute("create schema other; create table other.things as from given")
        assert scanning.in_tables(con, PERSON) == ({"other.things": 1} if count else {})


@A_FILE
@pytest.mark.parametrize(
    ("text", "is_in"), [("(654) 555-0179", True), ("16545550179", False), ("Ann Roy 08772", True), ("Ann Roy 108772", False), ("Zo\u00eb Quux", True)]
)
def test_a_table_knows_the_same_forms_as_a_file(text: str, is_in: bool, warehouse: Warehouse) -> None:
    assert PERSON.is_in(text) == is_in
    with warehouse.connect() as con:
        con.con.execute("create table things as select $text as text, 1 as number", {"text": text})
        assert scanning.in_tables(con, PERSON) == ({"main.things": 1} if is_in else {})


@A_FILE
def test_of_nobody_nothing_is_found(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        assert scanning.in_tables(con, Person((), ())) == {}
