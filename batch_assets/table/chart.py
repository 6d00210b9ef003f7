"""Charts as a table describes them: what is drawn, not how. `reporting/charts.py` draws them, after a publication."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Lines:
    """Several series over days, each a line."""

    title: str
    series: Mapping[str, Mapping[dt.date, float]]


@dataclass(frozen=True)
class Bars:
    """A group of bars for each of `groups`; a series has a bar in each."""

    title: str
    groups: Sequence[str]
    series: Mapping[str, Sequence[float]]


Chart: TypeAlias = Lines | Bars
