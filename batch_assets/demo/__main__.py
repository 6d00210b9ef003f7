"""The command line of the demo lake: `python -m batch_assets.demo build`, `... redeliver DAY`, `... serve` and `... stream`.

Belongs here: arguments and messages to the user. Does not belong here: any decision about the lake.
"""

import argparse
import datetime as dt
from pathlib import Path

from ..errors import BatchError
from ..streams.tills import tills
from .builder import FIRST, LAST, build
from .damage import redeliver
from .merchandising.promotions import Promotions
from .merchandising.server import serve
from .source import load
from .stream.place import begin, till_file

_DATA = Path("data")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m batch_assets.demo", description="Build the demo's raw lake.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="write the raw files of every open day; existing files are kept")
    make.add_argument("--lake", type=Path, default=_DATA / "lake", help="folder of the raw files (%(default)s)")
    make.add_argument("--manifest", type=Path, default=_DATA / "manifest.json", help="JSON file that records what is dirty (%(default)s)")
    make.add_argument("--first", type=dt.date.fromisoformat, default=FIRST, help="first store-local day (%(default)s)")
    make.add_argument("--last", type=dt.date.fromisoformat, default=LAST, help="last store-local day (%(default)s)")
    make.add_argument("--households", type=int, help="highest household number to include, for a small lake; default: all")
    again = commands.add_parser("redeliver", help="replace a deliberately corrupt file with the correct one")
    again.add_argument("--lake", type=Path, default=_DATA / "lake", help="folder of the raw files (%(default)s)")
    again.add_argument("day", type=dt.date.fromisoformat, help="the day of the file, such as 2017-12-28")
    offer = commands.add_parser("serve", help="offer the planned promotions by an API, as merchandising does, until interrupted")
    offer.add_argument("--port", type=int, default=8765, help="port on this machine (%(default)s)")
    streamed = commands.add_parser("stream", help="send a day's receipt lines to a broker on this machine, faster than the clock, and land them")
    streamed.add_argument("--demo", type=Path, default=_DATA, help="folder that has the demo's lake and warehouse (%(default)s)")
    streamed.add_argument("--place", type=Path, default=_DATA / "stream", help="folder for the stream's own lake and warehouse, made anew (%(default)s)")
    streamed.add_argument("--day", type=dt.date.fromisoformat, default=dt.date(2017, 12, 27), help="the day that comes by the stream (%(default)s)")
    streamed.add_argument("--speed", type=int, default=2000, help="how many times faster than the clock (%(default)s)")
    streamed.add_argument("--port", type=int, default=19092, help="port of the broker on this machine (%(default)s)")
    return parser.parse_args()


def _serve(port: int) -> None:
    """Offer the planned promotions of the whole year."""
    plan = Promotions(load(), FIRST, 1)
    with serve(lambda day: plan.records(day)[0], port) as server:
        print(f"planned promotions at http://127.0.0.1:{port}/promotions?day={FIRST}&page=1", flush=True)
        server.serve_forever()


def _stream(demo: Path, folder: Path, day: dt.date, speed: int, port: int) -> None:
    """Land a day that its tills send."""
    try:
        from .stream.replay import replay
        from .stream.seen import seen_so_far
        from .stream.server import broker
        from .stream.tills import events
    except ImportError as error:
        raise ValueError(f"{error.name} is not installed. Run make demo-stream, or pip install 'batch_assets[broker,kafka]'.") from error
    lake = begin(demo, folder, day)
    sent = list(events(demo / "lake", till_file(demo / "lake", day), day))
    print(f"{len(sent):,} lines of {day} are sent at {speed:,} times the speed of the tills: {dt.timedelta(days=1) // speed} for the day", flush=True)
    with broker(folder / "broker", port, tills.topic) as address:
        replay(sent, lake, address, day, speed, seen_so_far(folder), lambda line: print(line, flush=True))


def main() -> None:
    """Run one command. Errors that the user can fix are reported in one line."""
    asked = _arguments()
    try:
        if asked.command == "build":
            build(
                asked.lake,
                asked.manifest,
                first=asked.first,
                last=asked.last,
                households=asked.households,
                progress=lambda line: print(line, flush=True),
            )
        elif asked.command == "serve":
            _serve(asked.port)
        elif asked.command == "stream":
            _stream(asked.demo, asked.place, asked.day, asked.speed, asked.port)
        else:
            print(f"delivered again: {redeliver(asked.lake, asked.day)}")
    except (OSError, ValueError, BatchError) as wrong:
        raise SystemExit(f"error: {wrong}") from wrong
    except KeyboardInterrupt:
        if asked.command == "serve":
            return
        raise SystemExit("interrupted: the files written so far are complete; run the same command again to continue") from None


if __name__ == "__main__":
    main()
