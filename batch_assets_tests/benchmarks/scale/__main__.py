"""Command line of the benchmark of scale; `__init__.py` says what it measures."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from ...engine.spark.cluster.processes import missing
from ..bars import Bar
from ..workshop import Workshop, tell
from .cores import measure_cores
from .measured import Measurements, disagreeing, read
from .report import DEMO, LARGE, TIMES, told
from .ways import LOCAL, STANDALONE, WAYS

CORES, DAY = "cores", "day"
PARTS = (*WAYS, CORES, DAY)
LIMIT, LIMIT_OF_LARGE = "512MB", "2GB"
"""The setting memory_limit, of the processes that publish."""


def main() -> int:
    """Measure the parts that were asked for, and report all figures; return 1 if a bar was missed, or two ways have published other rows."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets_tests.benchmarks.scale", description="Measure days of 1 to 6,250 times the demo's lines.")
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS), help="which parts; default: all")
    parser.add_argument("--lake", type=Path, help="a lake of the demo's whole year, to be read only; default: build one")
    parser.add_argument("--figures", type=Path, default=Path("data/scale.jsonl"), help="where figures are kept; default: data/scale.jsonl")
    parser.add_argument(
        "--times", type=int, nargs="+", default=list(TIMES), help=f"times the demo's {DEMO:,} lines a day; default: {' '.join(map(str, TIMES))}"
    )
    parser.add_argument(
        "--folder", type=Path, help="where lakes and what is published before are made, and kept for the next parts; default: a temporary folder"
    )
    asked = parser.parse_args()
    parts = asked.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if (lacking := missing()) and (left := {LOCAL, STANDALONE, CORES} & set(parts)):
        tell(f"not measured, since {lacking}: {', '.join(sorted(left))}. Run `make cluster`.")
        parts = [part for part in parts if part not in left]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # A cluster would stay behind.
    started, bars = time.monotonic(), list[Bar]()
    asked.figures.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="batch_assets_scale_") as folder, asked.figures.open("a") as kept:
        measurements = Measurements(Workshop(asked.folder or Path(folder), asked.lake))
        for part in parts:
            if part == CORES:
                bars.append(measure_cores(measurements))
                continue
            way, sizes, limit = ("file", [LARGE], LIMIT_OF_LARGE) if part == DAY else (part, [times * DEMO for times in asked.times], LIMIT)
            for lines in sizes:
                print(measurements.made(way, lines, limit).written(), file=kept, flush=True)
    figures = read(asked.figures)
    bars = [*told(figures), *bars]
    print(f"\nBars, after {time.monotonic() - started:.0f} s")
    for bar in bars:
        print(f"  {bar}")
    wrong = list(disagreeing(figures))
    print("\n".join(wrong) or "All ways have published the same contents.")
    return 0 if all(bar.is_met for bar in bars) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
