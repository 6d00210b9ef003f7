"""Figures, their bars, and printing both."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """A figure and the bound that it has to keep; both bounds are included."""

    name: str
    figure: float
    least: float = float("-inf")
    most: float = float("inf")

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.least <= self.figure <= self.most

    def __str__(self) -> str:
        bounds = [f">= {self.least:g}"] * (self.least > float("-inf")) + [f"<= {self.most:g}"] * (self.most < float("inf"))
        return f"{'met   ' if self.is_met else 'MISSED'}  {self.name}: {self.figure:.3f}  (bar: {' and '.join(bounds)})"


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns; all but the first are set flush right."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(header))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))), flush=True)


def interleaved(times: int, ways: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Run each way so often, in turn, and return the seconds that it took; a first round, for warming up, is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(times + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
