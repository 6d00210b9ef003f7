"""A mart as a streaming query over a topic's segments has, when the day is closed, the rows of its batch, though the query was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from batch_assets.engine.canonical import content_of
from batch_assets.lake.pos_log import pos_log
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.publication import publish

from ....conftest import warehouse_in
from ....lake.history import CUSTOMERS, write_rough_history
from ....lake.streamed import end, land, opened, sent
from ....lake.writer import day_of, till_line, write_till
from .conftest import skip_or_fail
from .processes import QUICK, of_whole_spark

ROOT = Path(__file__).parents[4]
DAY = day_of(3)
_SECONDS = 120


def started(what: str, lake: Path, folder: Path) -> "subprocess.Popen[str]":
    """Start a process with Spark's distribution."""
    environment = {**of_whole_spark(os.environ), "JDK_JAVA_OPTIONS": QUICK}
    command = [sys.executable, "-m", "batch_assets_tests.engine.spark.cluster.following", what, str(lake), str(DAY), str(folder)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(happened: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for something that a process does."""
    ends = time.monotonic() + _SECONDS
    while not happened():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.02)


def test_a_query_that_was_killed_has_the_rows_of_the_batch_when_the_day_is_closed(tmp_path: Path) -> None:
    skip_or_fail()
    warehouse, folder = warehouse_in(tmp_path), tmp_path / "query"
    lake = Path(warehouse.lake)
    write_rough_history(lake, 4)
    lines = [till_line(DAY, receipt_id=str(n), product_id=str(n), quantity=str(n - 3), **CUSTOMERS[1 + n % 3]) for n in range(1, 60)]
    write_till(lake, DAY, [*lines, lines[7], "half a li"])
    come, manifest = sent(lake, DAY), opened(lake, DAY)
    pos_log.path(lake, DAY).unlink()
    manifest = land(lake, manifest, come[:20])
    following = started("follow", lake, folder)
    try:
        until((folder / "checkpoint" / "commits" / "0").exists, following)
        manifest = land(lake, manifest, come[20:45])
        until((folder / "checkpoint" / "offsets" / "1").exists, following)
    finally:
        os.killpg(following.pid, signal.SIGKILL)
        following.communicate()
    end(lake, land(lake, manifest, come[45:]))
    publish(configured_graph().table("till_lines"), warehouse, [DAY], "run")
    ended = started("end", lake, folder)
    told, errors = ended.communicate(timeout=2 * _SECONDS)
    assert ended.returncode == 0, errors
    with warehouse.connect() as con:
        made = content_of(con, f"(from read_parquet('{folder}/made.parquet'))", DAY)
        ((kept, rejected, content),) = con.con.execute("select rows_kept, rows_rejected, content from quality.batches").fetchall()
    assert (kept, rejected) == (58, 3)
    assert made == content
    unnamed, other_day = told.splitlines()
    assert unnamed.startswith(f"{folder}: has rows of sales/events/{DAY}/tills-0-")
    assert other_day.startswith(f"{lake}/sales/events/{day_of(4)}/CLOSED: is not there")
