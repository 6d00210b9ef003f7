"""Charts as a table describes them: what to draw, not how. `reporting/charts.py` draws them, after a publication."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Lines:
    """A line chart: several series over days, one line each."""

    title: str
    series: Mapping[str, Mapping[dt.date, float]]


@dataclass(frozen=True)
class Bars:
    """A bar chart: one group of bars for each of `groups`, with one bar per series in each group."""

    title: str
    groups: Sequence[str]
    series: Mapping[str, Sequence[float]]


Chart: TypeAlias = Lines | Bars
