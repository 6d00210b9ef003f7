"""A process that follows a day of the till log with Spark's whole distribution, and one that tells its rows when the day is closed."""

import datetime as dt
import sys
from pathlib import Path

import pyarrow.parquet as pq

from batch_assets.engine.spark.streaming import follow, rows_of_the_day
from batch_assets.errors import LakeError
from batch_assets.settings import settings
from batch_assets.table.graph import configured_graph


def main(what: str, lake: str, day: str, folder: str) -> None:
    """Follow a day until this process is killed; or write its rows, and print why those of another day, or of a day that lost a segment, are refused."""
    settings.spark, settings.spark_options = "local[2]", {"spark.ui.enabled": "false"}
    table, of, into = configured_graph().table("till_lines"), dt.date.fromisoformat(day), Path(folder)
    if what == "follow":
        follow(table, Path(lake), of, into, "1 second").awaitTermination()
    pq.write_table(rows_of_the_day(table, Path(lake), of, into), into / "made.parquet")
    closed = next(Path(lake).glob(f"sales/events/{of}/CLOSED"))
    first, *others = closed.read_text().splitlines()
    closed.with_name(first).unlink()
    closed.write_text("".join(f"{name}\n" for name in others))
    for asked in (of, of + dt.timedelta(days=1)):
        try:
            rows_of_the_day(table, Path(lake), asked, into)
        except LakeError as error:
            print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
