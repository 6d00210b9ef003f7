"""Parquet: exactly the expected columns, every value as text; a file that is not whole is refused whole, in one line."""

import datetime as dt
import io
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch_assets.errors import LakeError
from batch_assets.ingest.formats import parquet
from batch_assets.ingest.formats.parquet import Parquet
from batch_assets.ingest.lakefile import LakeFile, Version, file_version

DAY = dt.date(2017, 1, 1)
THINGS = LakeFile("things", "things/{day}.parquet", {"a": "first", "b": "second"}, Parquet(), "Things.")


def put(root: Path, columns: Mapping[str, object] | pa.Table, **how: Any) -> Path:
    """Write a day's file."""
    path = THINGS.path(root, DAY)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(dict(columns)), path, **how)
    return path


def read(root: Path) -> list[dict[str, object]]:
    """Return the rows of a day's file; none of them may be refused alone."""
    batches = THINGS.read(root, THINGS.path(root, DAY), DAY, lambda refused: pytest.fail(str(refused)))
    return [row for batch in batches for row in batch.to_pylist()]


def test_each_row_knows_its_day_file_and_number(tmp_path: Path) -> None:
    put(tmp_path, {"a": ["x", "y"], "b": ["1", None]})
    assert read(tmp_path) == [
        {"batch_date": DAY, "source_file": "things/2017-01-01.parquet", "source_line": 1, "a": "x", "b": "1"},
        {"batch_date": DAY, "source_file": "things/2017-01-01.parquet", "source_line": 2, "a": "y", "b": None},
    ]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1, -(2**62), None]), ["1", "-4611686018427387904", None]),
        (pa.array([0.5, 0.1, 1e20]), ["0.5", "0.1", "1e+20"]),
        (pa.array([Decimal("1.50"), Decimal("0.05")]), ["1.50", "0.05"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([dt.date(2017, 12, 31)]), ["2017-12-31"]),
        (pa.array([dt.datetime.fromisoformat("2017-12-31T23:59:59.000001")], pa.timestamp("us")), ["2017-12-31 23:59:59.000001"]),
        (pa.array(["", "NULL", "a\nb"]), ["", "NULL", "a\nb"]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
    ],
    ids=lambda given: str(given.type) if isinstance(given, pa.Array) else "",
)
def test_a_value_of_any_scalar_type_becomes_text(tmp_path: Path, values: pa.Array, texts: list[str | None]) -> None:
    put(tmp_path, {"a": values, "b": values})
    assert [row["a"] for row in read(tmp_path)] == texts


def test_a_format_gives_text_in_the_order_of_the_columns_asked_for() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"b": [2], "a": [0.5]}), file)
    (block,) = Parquet().read(cast(io.BufferedReader, file), ("a", "b"), lambda _: None)
    assert [(field.type, field.to_pylist()) for field in block.fields] == [(pa.string(), ["0.5"]), (pa.string(), ["2"])]


def test_columns_may_be_in_another_order(tmp_path: Path) -> None:
    put(tmp_path, {"b": ["2"], "a": ["1"]})
    assert [(row["a"], row["b"]) for row in read(tmp_path)] == [("1", "2")]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"a": [1]}, "missing b"),
        ({"a": [1], "b": [2], "c": [3]}, "unexpected c"),
        ({"a": [1], "x": [2]}, "missing b; unexpected x"),
        ({"a": [1], "b": [[1, 2]]}, "b is of type list<element: int64>, which cannot be read as text"),
        ({"a": [1], "b": [{"x": 1}]}, "b is of type struct<x: int64>, which cannot be read as text"),
        ({"a": [1], "b": [b"\xff"]}, "b is of type binary, which cannot be read as text"),
        ({"a": [1], "b": pa.array([b"\xff"], pa.large_binary())}, "b is of type large_binary, which cannot be read as text"),
        ({"a": [1], "b": pa.array([b"\xff\xff"], pa.binary(2))}, "b is of type fixed_size_binary[2], which cannot be read as text"),
    ],
)
def test_other_columns_are_refused_and_told(tmp_path: Path, columns: dict[str, object], told: str) -> None:
    put(tmp_path, columns)
    with pytest.raises(LakeError, match=r"things/2017-01-01\.parquet: the columns changed: ") as refused:
        read(tmp_path)
    assert f"the columns changed: {told}. Ask for the file again, or describe its new form in lake/things.py." in str(refused.value)
    assert refused.value.day == DAY


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    put(tmp_path, pa.table([[1], [2], [3]], ["a", "b", "b"]))
    with pytest.raises(LakeError, match="the columns changed: b appears 2 times"):
        read(tmp_path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, {"a": list(range(1000)), "b": ["x"] * 1000})
    whole = path.read_bytes()
    for size in (0, 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        for look in (lambda: read(tmp_path), lambda: THINGS.count(path, DAY)):
            with pytest.raises(LakeError, match=r"things/2017-01-01\.parquet: cut off or damaged \(.+\)\. Ask for the file again"):
                look()


def test_a_damaged_footer_is_told_in_one_line(tmp_path: Path) -> None:
    path = put(tmp_path, {"a": [1], "b": [2]})
    damaged = bytearray(path.read_bytes())
    told: list[str] = []
    for place in range(len(damaged) - 200, len(damaged) - 8):
        path.write_bytes(damaged[:place] + bytes([damaged[place] ^ 0xFF]) + damaged[place + 1 :])
        try:
            THINGS.count(path, DAY)
        except LakeError as error:
            told.append(str(error))
    assert told
    assert [line for line in told if "\n" in line] == []


def test_a_damaged_page_is_refused_where_the_file_has_checksums(tmp_path: Path) -> None:
    path = put(tmp_path, {"a": list(range(1000)), "b": ["x"] * 1000}, write_page_checksum=True, compression="none", use_dictionary=False)
    damaged = bytearray(path.read_bytes())
    damaged[1000] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(LakeError, match="cut off or damaged"):
        read(tmp_path)


def test_its_version_is_that_of_all_its_bytes(tmp_path: Path) -> None:
    path, version = put(tmp_path, {"a": [1, 2], "b": [3, 4]}), Version()
    list(THINGS.read(tmp_path, path, DAY, lambda _: None, version))
    assert str(version) == file_version(path)
    assert THINGS.count(path, DAY) == (2, file_version(path))


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 1)
    path = put(tmp_path, {"a": [1, 2], "b": [3, 4]})
    rows = THINGS.read(tmp_path, path, DAY, lambda _: None)
    next(rows)
    os.utime(path, ns=(0, 0))
    with pytest.raises(LakeError, match=r"things/2017-01-01\.parquet: it was changed while it was read\. Ask for the file again"):
        list(rows)


def test_memory_grows_with_a_row_group_and_not_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_AT_ONCE", 1000)

    def peak(groups: int) -> int:
        file = io.BytesIO()
        texts = [f"{n:0100}" for n in range(5000 * groups)]
        pq.write_table(pa.table({"a": texts, "b": texts}), file, row_group_size=5000, compression="none", use_dictionary=False)
        del texts
        before, most, first = pa.total_allocated_bytes(), 0, 1
        for block in Parquet().read(cast(io.BufferedReader, file), ("a", "b"), lambda _: None):
            most = max(most, pa.total_allocated_bytes() - before)
            assert block.lines[0].as_py() == first
            first += len(block.lines)
        assert first == 5000 * groups + 1
        return most

    assert peak(20) < 1.3 * peak(2)
