"""A late event: what becomes of one that comes when its day, or its hour, is over; what is made again for it, and what that takes.

One line of a morning is held back. The daily batch gets it a day later, as a lander gives it, and, another time, in a day that was closed without it
and published a week ago, as after a repair by hand. A micro-batch gets it in the evening. Spark's query sums units by hour, with a watermark of ten
minutes, and gets it in the evening; so does Beam's pipeline, when the watermark of its source has passed the day's end.

Belongs here: what lateness costs. Does not belong here: what a day costs in which all comes in time (`batch_or_stream.py`).
"""

import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from batch_assets import partitions
from batch_assets.demo.stream.tills import Sent

from ..engine.spark.cluster.processes import of_whole_spark
from .bars import Bar, print_table
from .batch_or_stream import BATCH, BEAM, MICRO, PIPELINE, SPARK, no_beam, no_spark
from .landed import DAY, Landing, but_one, known, lake_without, sent_on
from .meter import Usage, metered
from .workshop import Place, Workshop, tell

NEXT, LAST = DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=6)
"""The day after, and the last day that is published when the day is corrected."""

WATERMARK = "10 minutes"
"""How late an event may be for Spark's sums by hour."""

Row = list[str]


def measure(workshop: Workshop) -> list[Bar]:
    """Print what becomes of the event, and what that takes. There is no bar; what is lost where nothing may be is an error."""
    (workshop.folder / "late").mkdir()
    corrected = _place(workshop, "corrected", [DAY])
    rows = [_a_day_later(workshop), _corrected(workshop, corrected), _in_the_evening(workshop)]
    if why := no_spark():
        print(f"  not measured: {why}")
    else:
        rows += _past_sparks_watermark(workshop, corrected)
    if why := no_beam():
        print(f"  not measured: {why}")
    else:
        rows.append(_past_beams_watermark(workshop))
    print_table("An event that comes late", ["", "what becomes of it", "made again", "seconds", "CPU s"], rows)
    with known(workshop).warehouse.connect() as con:
        ((later, lines),) = con.con.execute("select count(*) filter (sold_on < batch_date), count(*) from marts.till_lines").fetchall()
    print(f"  {later:,} of {lines:,} till lines, {100 * later / lines:.2f} %, come on a later day than they were sold")
    return []


def _a_day_later(workshop: Workshop) -> Row:
    """Publish the day without the event, then the next, which has it."""
    others, one, row = but_one(sent_on(workshop.lake, DAY))
    place = _place(workshop, "a_day_later", [DAY, NEXT])
    _closed(place.lake, DAY, others)
    place.bring_up_to_date("category_day_sales", DAY, DAY)
    before = _published(place)
    tell(f"{BATCH}: the event comes on {NEXT}")
    _closed(place.lake, NEXT, [replace(one, at=partitions.end_of(DAY)), *sent_on(workshop.lake, NEXT)])
    place.bring_up_to_date("category_day_sales", NEXT, NEXT)
    if {key: batch for key, batch in _published(place).items() if key in before} != before:
        raise RuntimeError("a batch of an earlier day was made again")
    query = f"select sum(units) from marts.category_day_sales where batch_date = '{NEXT}' and sold_on = '{DAY}'"
    with place.warehouse.connect() as con:
        ((units,),) = con.con.execute(query).fetchall()
    if units < int(row["quantity"]):
        raise RuntimeError(f"{units} units came late")
    return [f"{BATCH}: comes a day later", "a line of the next batch, with its day of sale", "nothing", "0", "0"]


def _corrected(workshop: Workshop, place: Place) -> Row:
    """Publish a week without the event, put it into the closed day, and bring the week up to date."""
    others, one, _ = but_one(sent_on(workshop.lake, DAY))
    landing = _closed(place.lake, DAY, others)
    tell(f"{BATCH}: publishing {DAY} to {LAST} without the event")
    place.bring_up_to_date("demand_forecast", DAY, LAST)
    before = _published(place)
    tell(f"{BATCH}: the closed day is corrected")
    landing.late([one])
    landing.close()
    usage = _run(place, "up-to-date", "--from", str(DAY), "--to", str(LAST), "--select", "demand_forecast")
    after = _published(place)
    again = Counter(asset for (asset, _), (publication, _) in after.items() if publication > max(number for number, _ in before.values()))
    other = sum(after[key][1] != content for key, (_, content) in before.items())
    print("  " + ", ".join(f"{asset}: {count}" for asset, count in again.items()))
    return [f"{BATCH}: its day is corrected", "in its day", f"{again.total()} batches, {other} with other rows", *_cost(usage)]


def _in_the_evening(workshop: Workshop) -> Row:
    """Make a part without the event, and one with it."""
    others, one, row = but_one(sent_on(workshop.lake, DAY))
    place = _place(workshop, "in_the_evening", [DAY])
    landing = Landing(place.lake, DAY, others)
    landing.all()
    tell(f"{MICRO}: the event comes in the evening")
    units = list[int]()
    for come in ([], [one]):
        if come:
            landing.late(come)
        usage = _run(place, "today")
        units.append(pc.sum(pq.read_table(place.folder / "published" / "today" / "sales_today.parquet")["units"]).as_py())
    if units[1] - units[0] != int(row["quantity"]):
        raise RuntimeError(f"{units[1] - units[0]} units came late")
    return [f"{MICRO}: comes in the evening", "in the next part", "the day so far, as each time", *_cost(usage)]


def _past_sparks_watermark(workshop: Workshop, corrected: Place) -> list[Row]:
    """Sum up units by hour while the day lasts; the event comes when its hour is over."""
    tell(f"{SPARK}: the event comes in the evening")
    folder = workshop.folder / "late" / "spark"
    arguments = [str(folder / "lake"), str(DAY), str(folder / "query"), str(workshop.lake), WATERMARK]
    command = [sys.executable, "-m", f"{__package__}.spark_query", "late", *arguments]
    told: dict[str, Any] = json.loads(metered(command, of_whole_spark(corrected.environment()), workshop.folder).output)
    hour = f"sold_at >= timestamptz '{told['hour']}' and sold_at < timestamptz '{told['hour']}' + interval 1 hour"
    query = f"select count(*), sum(quantity) filter ({hour}) from marts.till_lines where batch_date = '{DAY}'"
    with corrected.warehouse.connect() as con:
        ((lines, units),) = con.con.execute(query).fetchall()
    if told["rows"] != lines:
        raise RuntimeError(f"the query has {told['rows']} rows, and the batch {lines}")
    return [
        [f"{SPARK}, line by line: comes in the evening", "a row of its own", "nothing", "", ""],
        [f"{SPARK}, by hour: comes in the evening", f"{told['dropped']} dropped; {told['units']:,} units of {units:,}", "all its hours, to have it", "", ""],
    ]


def _past_beams_watermark(workshop: Workshop) -> Row:
    """Let the pipeline's day end; then the event comes."""
    tell(f"{PIPELINE}: the event comes when the day is over")
    others, one, _ = but_one(sent_on(workshop.lake, DAY))
    times = workshop.folder / "late" / "times"
    times.write_text("".join(f"{each.at.isoformat()}\n" for each in [*others, one]))
    usage = metered([str(BEAM), "-m", f"{__package__}.beam_late", str(times), str(DAY)], known(workshop).environment(), workshop.folder)
    if int(usage.output) != len(others):
        raise RuntimeError(f"{usage.output} messages came")
    return [f"{PIPELINE}, by subscription: comes after the day", "dropped, and nobody is told", "all, from the day's files, to have it", "", ""]


def _place(workshop: Workshop, name: str, streamed: Sequence[dt.date]) -> Place:
    """Return a warehouse of what was known before the day, and a lake in which some days come by a stream."""
    folder = workshop.folder / "late" / name
    copied = known(workshop).copied(folder)
    return Place(copied.folder, lake_without(workshop.lake, streamed, folder / "lake"))


def _closed(lake: Path, day: dt.date, sent: Sequence[Sent]) -> Landing:
    """Land a day, and close it."""
    landing = Landing(lake, day, sent)
    landing.all()
    landing.close()
    return landing


def _published(place: Place) -> dict[tuple[str, dt.date], tuple[int, str]]:
    """Return the number of the publication, and the content, of each batch that is published of the day and later ones."""
    query = f"select asset, batch_date, publication, content from quality.batches where batch_date >= '{DAY}'"
    with place.warehouse.connect() as con:
        return {(asset, day): (publication, content) for asset, day, publication, content in con.con.execute(query).fetchall()}


def _run(place: Place, *arguments: str) -> Usage:
    return metered([sys.executable, "-m", "batch_assets", *arguments], place.environment(), place.folder)


def _cost(usage: Usage) -> list[str]:
    return [f"{usage.seconds:.1f}", f"{usage.cpu:.1f}"]
