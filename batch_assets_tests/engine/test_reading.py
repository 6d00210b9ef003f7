"""Reading a day of a raw source: all its files, or none; closed days; what is no row is kept with its place."""

import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from batch_assets.engine import reading as module
from batch_assets.engine.reading import CLOSED, measure, read_lake, version_of
from batch_assets.errors import LakeError
from batch_assets.ingest.lakefile import day_version, file_version
from batch_assets.settings import Closing, settings

from ..shop.lake.counts import counts
from ..shop.lake.shelves import shelves
from ..shop_lake import day_of, write_counts, write_shelves

DAY = day_of(0)
FILES = {"anna.csv": ["1,10,", "2,x"], "ben.csv": ["1,11,good", "3,5,", "only one"]}


@pytest.fixture
def con() -> Backend:
    """An engine with nothing in it."""
    return ibis.duckdb.connect()


def version(root: Path) -> str:
    """Return the version that a day of counts should have."""
    return day_version(root, [(path, file_version(path)) for path in counts.files(root, DAY)])


def test_all_files_of_a_day_are_read_each_row_with_its_place(con: Backend, tmp_path: Path) -> None:
    write_counts(tmp_path, DAY, FILES)
    (reading,) = read_lake(con, counts, tmp_path, [DAY])
    folder = f"counts/{DAY}"
    assert con.con.execute("select source_file, source_line, pieces from _raw").fetchall() == [
        (f"{folder}/anna.csv", 2, "10"),
        (f"{folder}/ben.csv", 2, "11"),
        (f"{folder}/ben.csv", 3, "5"),
    ]
    assert con.con.execute("select batch_date, source_file, source_line, reason, raw from _rejected").fetchall() == [
        (DAY, f"{folder}/anna.csv", 3, "2 fields instead of 3", "2,x"),
        (DAY, f"{folder}/ben.csv", 4, "1 fields instead of 3", "only one"),
    ]
    assert (reading.rows, reading.version, reading.size) == (5, version(tmp_path), sum(p.stat().st_size for p in counts.files(tmp_path, DAY)))


def test_the_next_block_is_made_while_the_engine_takes_in_the_last_and_no_more_wait() -> None:
    made: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(9):
            made.append(number)
            yield pa.record_batch({"n": [number]})

    blocks = module._ahead(batches())
    for number in range(9):
        assert next(blocks)["n"].to_pylist() == [number]
        for _ in range(500):
            if len(made) == min(number + 2, 9):
                break
            time.sleep(0.01)
        assert made == list(range(min(number + 2, 9)))
    assert next(blocks, None) is None


def test_an_error_in_a_later_block_is_told_as_it_was_raised_and_leaves_no_thread(con: Backend, tmp_path: Path) -> None:
    def threads() -> set[threading.Thread]:
        """Return the threads for which this process would wait; libraries that other tests have used start some that it would not."""
        return {thread for thread in threading.enumerate() if not thread.daemon}

    before = threads()
    write_counts(tmp_path, DAY, FILES)
    with pytest.raises(LakeError, match="there is no file for"):
        read_lake(con, counts, tmp_path, [DAY, day_of(1)])
    assert threads() == before


def test_a_day_is_measured_as_it_is_read(con: Backend, tmp_path: Path) -> None:
    write_counts(tmp_path, DAY, FILES)
    (reading,) = read_lake(con, counts, tmp_path, [DAY])
    looked_at = measure(counts, tmp_path, DAY)
    assert (looked_at.rows, looked_at.version, looked_at.size) == (reading.rows, reading.version, reading.size)
    assert version_of(counts, tmp_path, DAY) == reading.version


def test_a_damaged_file_is_measured_as_having_no_rows(tmp_path: Path) -> None:
    write_shelves(tmp_path, DAY, [(1, "tea")])
    path = shelves.path(tmp_path, DAY)
    path.write_bytes(path.read_bytes()[:-1])
    assert (measure(shelves, tmp_path, DAY).rows, measure(shelves, tmp_path, DAY).version) == (0, version_of(shelves, tmp_path, DAY))


def test_rows_of_several_days_and_files_are_read_at_once(con: Backend, tmp_path: Path) -> None:
    days = [day_of(n) for n in range(3)]
    for day in days:
        write_counts(tmp_path, day, {"anna.csv": ["1,10,"], "ben.csv": ["2,20,"]})
    readings = read_lake(con, counts, tmp_path, days)
    assert [(reading.day, reading.rows) for reading in readings] == [(day, 2) for day in days]
    assert con.con.execute("select batch_date, count(*) from _raw group by 1 order by 1").fetchall() == [(day, 2) for day in days]


def test_a_day_without_its_manifest_is_told_with_what_to_do(con: Backend, tmp_path: Path) -> None:
    write_counts(tmp_path, DAY, FILES, closed=False)
    with pytest.raises(LakeError, match=rf"^lake\.counts: there is no file for {DAY}; expected .*/counts/{DAY}/MANIFEST\. Materialize the day when"):
        read_lake(con, counts, tmp_path, [DAY])
    with pytest.raises(LakeError, match="there is no file"):
        version_of(counts, tmp_path, DAY)


def test_a_day_on_which_the_store_was_closed_has_no_rows(con: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "closed_days", {DAY: Closing()})
    (reading,) = read_lake(con, counts, tmp_path, [DAY])
    assert (reading.rows, reading.version, version_of(counts, tmp_path, DAY)) == (0, CLOSED, CLOSED)
    assert con.con.execute("select count(*) from _raw").fetchall() == [(0,)]


def test_a_closed_day_may_have_a_file_which_is_then_read(con: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "closed_days", {DAY: Closing()})
    write_counts(tmp_path, DAY, FILES)
    (reading,) = read_lake(con, counts, tmp_path, [DAY])
    assert (reading.rows, reading.version, version_of(counts, tmp_path, DAY)) == (5, version(tmp_path), version(tmp_path))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "MANIFEST: names no file. Ask for them again"),
        ({"anna.csv": []}, "2017-01-01/anna.csv: the file has no rows. Ask for it again"),
        ({"anna.csv": [], "ben.csv": []}, "MANIFEST: none of the day's files has rows: anna.csv, ben.csv. Ask for them again"),
    ],
)
def test_a_day_without_rows_is_refused_unless_its_source_may_be_empty(con: Backend, tmp_path: Path, files: dict[str, list[str]], told: str) -> None:
    write_counts(tmp_path, DAY, files)
    with pytest.raises(LakeError) as refused:
        read_lake(con, counts, tmp_path, [DAY])
    assert told in str(refused.value)
    assert refused.value.day == DAY
    write_shelves(tmp_path, DAY, [])
    assert read_lake(con, shelves, tmp_path, [DAY])[0].rows == 0


def test_a_damaged_file_among_several_ends_the_reading_and_leaves_the_engine_as_it_was(con: Backend, tmp_path: Path) -> None:
    con.con.execute("set threads = 3")
    folder = write_counts(tmp_path, DAY, FILES)
    (folder / "ben.csv").write_text("other,header\n1,2\n")
    with pytest.raises(LakeError, match=r"ben\.csv: line 1: the header changed: .*lake/counts\.py") as refused:
        read_lake(con, counts, tmp_path, [DAY])
    assert refused.value.day == DAY == dt.date(2017, 1, 1)
    assert con.con.execute("select current_setting('threads')").fetchall() == [(3,)]


PEAK = """
import resource, sys
from pathlib import Path
import ibis
from batch_assets.engine.reading import read_lake
from batch_assets.errors import LakeError
from batch_assets_tests.shop.lake.counts import counts
from batch_assets_tests.shop_lake import day_of
con = ibis.duckdb.connect()
try:
    print(read_lake(con, counts, Path(sys.argv[1]), [day_of(0)])[0].rows)
except LakeError as refused:
    print("its form changed" in str(refused))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak(root: Path, lines: list[str]) -> tuple[str, int]:
    """Return what came of reading a file in a process of its own, and the most megabytes that it took."""
    write_counts(root, DAY, {"anna.csv": lines})
    told, size = subprocess.run([sys.executable, "-c", PEAK, str(root)], capture_output=True, text=True, check=True).stdout.split()[-2:]
    return told, int(size)


def test_bad_lines_do_not_fill_the_memory(tmp_path: Path) -> None:
    few = peak(tmp_path, ["1,2,3"] * 100)
    different = peak(tmp_path, [["1,2,3", "1,2", "4,5,6", "1", ",,"][n % 5] for n in range(300_000)])
    empty = peak(tmp_path, [""] * 300_000)
    assert (few[0], different[0], empty[0]) == ("100", "300000", "True")
    assert max(different[1], empty[1]) < few[1] + 120
