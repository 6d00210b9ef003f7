"""The command line of the demo lake: `python -m batch_assets.demo build` and `... redeliver DAY`.

Belongs here: arguments, and what the user is told. Does not belong here: any decision about the lake.
"""

import argparse
import datetime as dt
from pathlib import Path

from .builder import FIRST, LAST, build
from .damage import redeliver

_DATA = Path("data")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m batch_assets.demo", description="Make the demo's raw lake.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("build", help="write the raw files of every open day; existing ones are kept")
    make.add_argument("--lake", type=Path, default=_DATA / "lake", help="folder of the raw files (%(default)s)")
    make.add_argument("--manifest", type=Path, default=_DATA / "manifest.json", help="what is dirty (%(default)s)")
    make.add_argument("--first", type=dt.date.fromisoformat, default=FIRST, help="first local day (%(default)s)")
    make.add_argument("--last", type=dt.date.fromisoformat, default=LAST, help="last local day (%(default)s)")
    make.add_argument("--households", type=int, help="only the first so many households, for a small lake")
    again = commands.add_parser("redeliver", help="replace a deliberately corrupt file by the right one")
    again.add_argument("--lake", type=Path, default=_DATA / "lake", help="folder of the raw files (%(default)s)")
    again.add_argument("day", type=dt.date.fromisoformat, help="the day, such as 2017-12-28")
    return parser.parse_args()


def main() -> None:
    """Run one command; what a user can put right is told in one line."""
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
        else:
            print(f"delivered again: {redeliver(asked.lake, asked.day)}")
    except (OSError, ValueError) as wrong:
        raise SystemExit(f"error: {wrong}") from wrong
    except KeyboardInterrupt:
        raise SystemExit("interrupted: the files that are written are whole, and stay; the same command continues from there") from None


if __name__ == "__main__":
    main()
