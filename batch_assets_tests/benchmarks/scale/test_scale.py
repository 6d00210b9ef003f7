"""What the benchmark of scale says of figures, how it makes a large day, and what it sees of processes."""

import datetime as dt
import gzip
import os
import sys
from pathlib import Path

import pytest

from .lakes import enlarged
from .measured import Figure, disagreeing
from .report import DEMO, crossover, exponent, fit, told
from .watched import DRIVES, PUBLISHES, watched

DAY = dt.date(2017, 7, 12)


def figure(lines: int, seconds: float, way: str = "file", content: str = "alike") -> Figure:
    return Figure(way, lines, seconds, {PUBLISHES: seconds}, {PUBLISHES: 400}, 400, 0, {"marts.till_lines": content})


def test_a_straight_line_is_found_again_and_says_from_where_the_later_way_takes_less() -> None:
    lines = [1_000, 10_000, 1_000_000]
    early, late = (fit(lines, [start + n * each for n in lines]) for start, each in ((5, 4e-5), (60, 1e-5)))
    assert early == pytest.approx((5, 4e-5))
    assert crossover(late, early) == pytest.approx(55 / 3e-5)
    assert crossover(early, (60, 5e-5)) is None


def test_what_grows_with_the_square_of_the_lines_has_the_exponent_two() -> None:
    assert exponent([10, 100, 1_000], [1e-4, 1e-2, 1]) == pytest.approx(2)


def test_ways_that_publish_other_contents_are_named() -> None:
    alike = [figure(10, 1), figure(10, 9, "delta"), figure(20, 1, content="other")]
    assert list(disagreeing(alike)) == []
    assert list(disagreeing([*alike, figure(20, 9, "delta")])) == ["20 lines: DuckDB, Delta tables and DuckDB, DuckDB file differ in marts.till_lines"]


@pytest.mark.parametrize("grows", [PUBLISHES, DRIVES])
def test_no_process_that_directs_others_may_grow_with_the_day(grows: str) -> None:
    peaks = {PUBLISHES: 400.0, DRIVES: 700.0}
    days = [Figure("standalone", times * DEMO, 9, {PUBLISHES: 9}, peaks | {grows: peaks[grows] * (1 if times == 1 else 1.3)}, 400, 0, {}) for times in (1, 100)]
    assert [bar.is_met for bar in told(days)] == [grows != PUBLISHES, grows != DRIVES]


def test_a_large_day_has_the_small_ones_lines_of_other_receipts_and_all_else_from_there(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    for path in (till := small / f"sales/pos/{DAY}.csv.gz", small / "sales/pos/2017-07-11.csv.gz"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"receipt_id,line_no\n41,1\n41,2\n42,1\n"))
    large.mkdir()
    enlarged(small, large, DAY, 7)
    lines = gzip.decompress((large / till.relative_to(small)).read_bytes()).split()
    assert lines == [b"receipt_id,line_no", b"4100000,1", b"4100000,2", b"4200000,1", b"4100001,1", b"4100001,2", b"4200001,1", b"4100002,1"]
    assert (large / "sales/pos/2017-07-11.csv.gz").resolve() == small / "sales/pos/2017-07-11.csv.gz"


def test_a_command_is_watched_with_what_it_starts(tmp_path: Path) -> None:
    child = "import time; held = bytearray(60 << 20); time.sleep(0.6)"
    took = watched([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"], dict(os.environ), tmp_path)
    assert took.seconds > 0.6
    assert took.peaks[PUBLISHES] < 60 < took.whole
    with pytest.raises(RuntimeError, match="no such thing"):
        watched([sys.executable, "-c", "raise SystemExit('no such thing')"], dict(os.environ), tmp_path)
