"""Draws charts for the UI, as Markdown with an embedded SVG image: no file, no server, no plotting library to import.

Vega-Lite through vl-convert was measured at a third of a second for the first chart of a process, an eighth of a daily run.
"""

import base64
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from html import escape

from ..table.chart import Chart, Lines
from .markdown import as_text

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 300, 60, 50, 40
_COLORS = ("#1f6feb", "#e36209", "#2da44e", "#8250df")


def draw(chart: Chart) -> str:
    """Return a chart as Markdown."""
    return _lines(chart.title, chart.series) if isinstance(chart, Lines) else _bars(chart.title, chart.groups, chart.series)


def _lines(title: str, series: Mapping[str, Mapping[dt.date, float]]) -> str:
    """Return a line chart of several series over days."""
    days = sorted({day for points in series.values() for day in points})
    levels = _levels(max((value for points in series.values() for value in points.values()), default=0))
    top = levels[-1]
    x = {day: LEFT + (WIDTH - LEFT - 20) * (day - days[0]).days / max((days[-1] - days[0]).days, 1) for day in days}
    drawn = [
        f'<polyline fill="none" stroke="{_color(n)}" stroke-width="2" points="'
        + " ".join(f"{x[day]:.1f},{_y(value, top):.1f}" for day, value in sorted(points.items()))
        + '"/>'
        for n, points in enumerate(series.values())
    ]
    labels = [_text(x[day], HEIGHT - 15, f"{day:%d %b}", "middle") for day in days[:: max(len(days) // 7, 1)]]
    return _markdown(title, [*_grid(levels), *drawn, *labels, *_legend(list(series))])


def _bars(title: str, groups: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Return a bar chart: for each of `groups`, a group of bars with one bar per series."""
    levels = _levels(max((value for values in series.values() for value in values), default=0))
    top = levels[-1]
    room = (WIDTH - LEFT - 20) / max(len(groups), 1)
    wide = room * 0.8 / max(len(series), 1)
    drawn = [
        f'<rect x="{LEFT + room * g + wide * n + room * 0.1:.1f}" y="{_y(value, top):.1f}" width="{wide * 0.9:.1f}" '
        f'height="{_y(0, top) - _y(value, top):.1f}" fill="{_color(n)}"/>'
        + _text(LEFT + room * g + wide * (n + 0.45) + room * 0.1, _y(value, top) - 4, f"{value:.3g}", "middle")
        for n, values in enumerate(series.values())
        for g, value in enumerate(values)
    ]
    labels = [_text(LEFT + room * (g + 0.5), HEIGHT - 15, group, "middle") for g, group in enumerate(groups)]
    return _markdown(title, [*_grid(levels), *drawn, *labels, *_legend(list(series))])


def _markdown(title: str, parts: Sequence[str]) -> str:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>{_text(LEFT, 18, title, "start", 13)}{"".join(parts)}</svg>'
    )
    return f"![{as_text(title)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _levels(highest: float) -> list[float]:
    """Return four to eight round values from 0 to at least `highest`."""
    if highest <= 0:
        return [0, 1]
    power = 10.0 ** math.floor(math.log10(highest))
    step = next(step for step in (0.2 * power, 0.5 * power, power, 2 * power) if highest <= 7 * step)
    return [n * step for n in range(math.ceil(highest / step) + 1)]


def _grid(levels: Sequence[float]) -> list[str]:
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{_y(level, levels[-1]):.1f}" y2="{_y(level, levels[-1]):.1f}" stroke="#ddd"/>'
        + _text(LEFT - 6, _y(level, levels[-1]) + 4, f"{level:,.3g}" if levels[-1] < 10 else f"{level:,.0f}", "end")
        for level in levels
    ]


def _legend(names: Sequence[str]) -> list[str]:
    return [_text(LEFT + 200 * n, 36, f"\u25a0 {name}", "start", 11, _color(n)) for n, name in enumerate(names)]


def _text(x: float, y: float, text: str, anchor: str, size: int = 11, color: str = "#444") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{color}">{escape(text, quote=False)}</text>'


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _color(n: int) -> str:
    return _COLORS[n % len(_COLORS)]
