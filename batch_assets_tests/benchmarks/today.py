"""The day while it lasts: seconds from a cut of the demo's peak hour to the part of the day that is published, as whole processes.

The lander has landed the day's events a minute at a time. Then five minutes more are sent, and landed; from then on it is measured: once until
`python -m batch_assets today` has published the part and printed it, and once until the job `today` has, as the schedule starts it.
"""

import datetime as dt
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from batch_assets.demo.stream.tills import Sent

from .bars import Bar, median, print_table
from .landed import Landing, sent_on
from .workshop import HISTORY_ENDS, Place, Workshop, run_process, tell

DAY = HISTORY_ENDS + dt.timedelta(days=1)
STEP = dt.timedelta(minutes=5)
TIMES = 5
MOST_SECONDS = 5.0


def measure(workshop: Workshop) -> list[Bar]:
    """Print the seconds, and return the bar."""
    copied = workshop.history.copied(workshop.folder / "today")
    place = Place(copied.folder, copied.folder / "lake")
    sent = sent_on(workshop.lake, DAY)
    hour = _peak(sent)
    landing = Landing(place.lake, DAY, sent)
    landing.until(hour)
    commands = {
        "python -m batch_assets today": [sys.executable, "-m", "batch_assets", "today"],
        "the job today": [str(Path(sys.executable).with_name("dagster")), "job", "execute", "-m", "batch_assets.definitions", "-j", "today"],
    }
    tell(f"{DAY} from {hour:%H:%M} UTC on, its peak hour: {TIMES} times five minutes, by each of {len(commands)} commands")
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(1, TIMES + 1):
        for name, command in commands.items():
            landing.until(hour + number * STEP)
            started = time.perf_counter()
            run_process(command, place.environment(), place.folder)
            seconds[name].append(time.perf_counter() - started)
            reaches = pq.read_table(place.folder / "published" / "today" / "sales_today.parquet")["reaches_to"][0].as_py()
            if reaches != (hour + number * STEP).replace(tzinfo=None):
                raise RuntimeError(f"the part reaches to {reaches}")
    rows = [[name, f"{median(times):.2f}", f"{min(times):.2f}", f"{max(times):.2f}"] for name, times in seconds.items()]
    print_table(f"From the cut to the part, of {landing.landed:,} lines of the day so far", ["seconds", "median", "least", "most"], rows)
    return [
        Bar("a part of the demo's peak hour: seconds from its cut until it is published", max(median(times) for times in seconds.values()), most=MOST_SECONDS)
    ]


def _peak(sent: list[Sent]) -> dt.datetime:
    """Return the begin of the hour in which most is sent."""
    ((hour, _),) = Counter(each.at.replace(minute=0, second=0) for each in sent).most_common(1)
    return hour
