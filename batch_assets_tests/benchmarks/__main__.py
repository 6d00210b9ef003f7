"""Command line of the benchmarks; `__init__.py` says how to run them."""

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from .bars import Bar
from .workshop import Workshop, tell

BENCHMARKS = ("reading", "formats", "speed", "memory", "accuracy", "sentiment", "recommendations", "identity", "landing", "today")
BY_NAME = ("batch_or_stream", "late", "noise", "next_basket")
"""Those that have no bar, and are run only if they are named."""


def main() -> int:
    """Run the benchmarks that were asked for; return 1 if a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets_tests.benchmarks", description="Measure speed, reading and accuracy against their bars.")
    parser.add_argument("benchmarks", nargs="*", metavar="|".join(BENCHMARKS + BY_NAME), help=f"which ones; default: {', '.join(BENCHMARKS)}")
    parser.add_argument("--lake", type=Path, help="a lake of the demo's whole year, to be read only; default: build one")
    asked = parser.parse_args()
    if unknown := set(asked.benchmarks) - set(BENCHMARKS + BY_NAME):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS + BY_NAME)}")
    started, bars = time.monotonic(), list[Bar]()
    with tempfile.TemporaryDirectory(prefix="batch_assets_benchmarks_") as folder:
        workshop = Workshop(Path(folder), asked.lake)
        for name in BENCHMARKS + BY_NAME:
            if name in (asked.benchmarks or BENCHMARKS):
                tell(name)
                bars += import_module(f"{__package__}.{name}").measure(workshop)
    print(f"\nBars, after {time.monotonic() - started:.0f} s")
    for bar in bars:
        print(f"  {bar}")
    return 0 if all(bar.is_met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
