"""What follows from the figures: tables, how each way grows, where one overtakes another, and the bars."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from statistics import linear_regression

from ..bars import Bar, print_table
from .measured import Figure
from .watched import DRIVES, PUBLISHES
from .ways import FILE, WAYS

DEMO = 4_000
"""The lines of a day of the demo, about."""
TIMES = (1, 10, 100, 1_000)
LARGE = 25_000_000
MOST = 4_000_000_000 / (1 << 20)
"""What the large day may have of memory: 4 GB, in the units of a figure."""


def told(figures: Sequence[Figure]) -> list[Bar]:
    """Print what is known, and return the bars that it suffices for."""
    ordered = sorted(figures, key=lambda figure: (list(WAYS).index(figure.way), figure.lines))
    rows = [
        [
            WAYS[it.way],
            f"{it.lines:,}",
            f"{it.seconds:.1f}",
            f"{it.lines / it.seconds:,.0f}",
            f"{it.load:.1f}",
            f"{it.whole:.0f}",
            _by_kind(it.peaks),
            _by_kind(it.cpu),
        ]
        for it in ordered
    ]
    print_table("From the raw file to published forecasts, a day", ["way", "lines", "s", "lines/s", "load", "MB in all", "peak MB by process", "CPU s"], rows)
    by_way = {way: [figure for figure in ordered if figure.way == way] for way in WAYS}
    _tell_growth({way: found for way, found in by_way.items() if len(found) > 1})
    return [bar for way, found in by_way.items() for bar in _bars(way, found)]


def fit(lines: Sequence[int], took: Sequence[float]) -> tuple[float, float]:
    """Return what a day takes whatever its size, and what a line takes, by least squares of relative errors: a second weighs more in a short day."""
    weights = [1 / value**2 for value in took]
    total = sum(weights)
    mean_lines, mean = (sum(w * value for w, value in zip(weights, values, strict=True)) / total for values in (lines, took))
    covariance = sum(w * (n - mean_lines) * (value - mean) for w, n, value in zip(weights, lines, took, strict=True))
    line = covariance / sum(w * (n - mean_lines) ** 2 for w, n in zip(weights, lines, strict=True))
    return mean - line * mean_lines, line


def exponent(lines: Sequence[int], took: Sequence[float]) -> float:
    """Return the exponent with which a figure grows: the slope of its logarithm over that of the lines."""
    return linear_regression(list(map(math.log, lines)), list(map(math.log, took))).slope


def crossover(one: tuple[float, float], other: tuple[float, float]) -> float | None:
    """Return the number of lines from which the way that begins later is the faster one; None if it never is."""
    (early, slow), (late, fast) = sorted((one, other))
    return (late - early) / (slow - fast) if fast < slow else None


def _tell_growth(by_way: Mapping[str, Sequence[Figure]]) -> None:
    """Tell how seconds grow, and CPU seconds, which on a busy machine say more."""
    measures: dict[str, Callable[[Figure], float]] = {"s": lambda figure: figure.seconds, "CPU s": lambda figure: sum(figure.cpu.values())}
    for unit, of in measures.items():
        fits, rows = dict[str, tuple[float, float]](), list[list[object]]()
        for way, found in by_way.items():
            lines, took = [figure.lines for figure in found], list(map(of, found))
            first, line = fits[way] = fit(lines, took)
            steps = ", ".join(f"{exponent(lines[n : n + 2], took[n : n + 2]):.2f}" for n in range(len(lines) - 1))
            rows.append([WAYS[way], f"{exponent(lines, took):.2f}", steps, f"{first:.1f}", f"{1e6 * line:.1f}"])
        print_table(f"Growth of {unit}", ["way", "exponent", "from size to size", f"{unit}, whatever the size", f"{unit} a million lines more"], rows)
        for one, other in combinations(fits, 2):
            early, late = sorted((one, other), key=lambda way: fits[way])
            at = crossover(fits[early], fits[late])
            print(f"  {WAYS[early]} takes less than {WAYS[late]} {f'up to {at:,.0f} lines' if at else 'at any size'}")


def _by_kind(values: Mapping[str, float]) -> str:
    return ", ".join(f"{kind} {value:.0f}" for kind, value in sorted(values.items()))


def _bars(way: str, figures: Sequence[Figure]) -> list[Bar]:
    at = {figure.lines: figure for figure in figures}
    bars = []
    small, large = at.get(DEMO), at.get(100 * DEMO)
    if small and large:
        bars += [
            Bar(f"{WAYS[way]}: memory of {name} 100 times the day, beside the day", large.peaks[kind] / small.peaks[kind], most=1.25)
            for name, kind in (("the process that publishes", PUBLISHES), ("Spark's driver", DRIVES))
            if kind in small.peaks
        ]
    if way == FILE and LARGE in at:
        bars.append(Bar(f"memory of a day of {LARGE:,} lines: MB", at[LARGE].whole, most=MOST))
    return bars
