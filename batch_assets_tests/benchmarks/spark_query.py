"""A process with Spark's whole distribution, which makes the rows of till lines from a day's segments, and tells what that took as JSON.

`rows LAKE DAY FOLDER FROM TIMES MINUTES STARTED`: all segments of a closed day at once, then so many minutes of a day that is landed while the query
runs. `late LAKE DAY FOLDER FROM WATERMARK`: a sum by hour with a watermark, over the rows of a query that runs on. FROM is the lake that has the till file.
"""

import datetime as dt
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from batch_assets.engine.spark.session import session
from batch_assets.engine.spark.streaming import ROWS, follow, rows_of_the_day
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import REJECT

from .landed import Landing, but_one, sent_on
from .meter import Watch

EVERY, SELDOM = "1 second", "1 minute"
"""How often the query looks for segments, where it is measured what it does with them, and where it is what it does when there are none."""

_PATIENCE, _SETTLING = 120, 5


def rows(lake: Path, day: dt.date, folder: Path, source: Path, times: int, minutes: int, started: float, watch: Watch) -> dict[str, Any]:
    """Make the rows of a closed day; then follow another until so many minutes have come, and for one in which nothing does."""
    table = configured_graph().table("till_lines")
    session()
    begun = _used(watch)
    made = rows_of_the_day(table, lake, day, folder / "all")
    told: dict[str, Any] = {"seconds": time.monotonic() - started, "cpu": _used(watch), "cpu of start": begun}
    pq.write_table(made, folder / "made.parquet")
    landing, followed = Landing(folder / "lake", day, sent_on(source, day, times)), folder / "followed"
    query = follow(table, folder / "lake", day, followed, EVERY)
    half, used = minutes // 2, 0.0
    for number in range(minutes):
        if number == half:
            used = _used(watch)
        landing.next_minute()
        _until_made(followed, number + 1, query)
    told["cpu of a trigger"] = (_used(watch) - used) / (minutes - half)
    took = [each["durationMs"]["triggerExecution"] / 1000 for each in query.recentProgress if each["numInputRows"]]
    told["seconds of triggers"] = took[-(minutes - half) :]
    query.stop()
    query = follow(table, folder / "lake", day, followed, SELDOM)
    time.sleep(_SETTLING)
    used = _used(watch)
    time.sleep(60)
    told["cpu of a minute of nothing"] = _used(watch) - used
    query.stop()
    return told


def _used(watch: Watch) -> float:
    """Return the CPU seconds of this process, and of all that it has started, Java's among them."""
    return time.process_time() + watch.cpu()


def _until_made(folder: Path, batches: int, query: Any) -> None:
    """Wait until the rows of so many batches of a query can be read."""
    ends = time.monotonic() + _PATIENCE
    while len(list((folder / ROWS / "_spark_metadata").glob("[0-9]*"))) < batches:
        if error := query.exception():
            raise error
        if time.monotonic() > ends:
            raise RuntimeError("the query did not take what was landed")
        time.sleep(0.05)


def late(lake: Path, day: dt.date, folder: Path, source: Path, watermark: str) -> dict[str, Any]:
    """Land a day but for one event, and that one when the others are summed up by hour, with a watermark; tell how much its hour has then."""
    others, one, row = but_one(sent_on(source, day))
    landing = Landing(lake, day, others)
    landing.all()
    _sum_up(lake, day, folder, watermark)
    landing.late([one])
    dropped = _sum_up(lake, day, folder, watermark)
    hour = dt.datetime.fromisoformat(row["sold_at"]).replace(minute=0, second=0)
    sums = {each["begins"]: each["units"] for each in session().read.parquet(str(folder / "sums")).toArrow().to_pylist()}
    kept = session().read.parquet(str(folder / ROWS)).filter(f"{REJECT} is null")
    return {"rows": kept.count(), "dropped": dropped, "hour": hour.isoformat(), "units": sums[hour]}


def _sum_up(lake: Path, day: dt.date, folder: Path, watermark: str) -> int:
    """Make rows of all that has landed, add what is new of them to the sums, and return how many rows came too late for that."""
    query = follow(configured_graph().table("till_lines"), lake, day, folder, EVERY)
    query.processAllAvailable()
    query.stop()
    kept = session().read.parquet(str(folder / ROWS)).schema
    session().readStream.schema(kept).parquet(str(folder / ROWS)).withWatermark("sold_at", watermark).createOrReplaceTempView("made")
    sums = session().sql(f"select window.start as begins, sum(quantity) as units from made where {REJECT} is null group by window(sold_at, '1 hour')")
    places = {"path": str(folder / "sums"), "checkpointLocation": str(folder / "checkpoint of sums")}
    adding = sums.writeStream.format("parquet").options(**places).trigger(availableNow=True).start()
    adding.awaitTermination()
    return sum(int(state["numRowsDroppedByWatermark"]) for each in adding.recentProgress for state in each["stateOperators"])


if __name__ == "__main__":
    settings.spark, settings.spark_options = "local[2]", {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2"}
    what, lake, day, folder, source, *more = sys.argv[1:]
    places = Path(lake), dt.date.fromisoformat(day), Path(folder), Path(source)
    told = late(*places, *more) if what == "late" else rows(*places, int(more[0]), int(more[1]), float(more[2]), Watch(os.getpid()))
    print(json.dumps(told))
