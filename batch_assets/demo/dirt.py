"""Dirt in single till lines: the kinds, their rates, and what each does to a line.

Belongs here: drawing a kind for each line, and corrupting a line. Does not belong here: whole files that are corrupt
(`damage.py`), dirt in the catalogue, and the position of a line in its file.
"""

import datetime as dt
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

RATES = {
    "repeated": 0.002,
    "broken_number": 0.001,
    "late": 0.001,
    "clock_error": 0.0002,
    "wrong_encoding": 0.0002,
    "extra_field": 0.0001,
}
"""The kinds of dirt in till lines, each with its share of the lines. A line has at most one kind."""

CLEAN = ""
LATEST = 3
"""A late line arrives in the file of one of this many following open days."""

CUT_OFF_DAYS = frozenset({dt.date(2017, 2, 28), dt.date(2017, 7, 4), dt.date(2017, 12, 20)})
"""The days whose file is truncated in its last line."""

_BROKEN = (
    ("quantity", "two"),
    ("quantity", "1O"),
    ("quantity", ""),
    ("amount", '"{comma}"'),
    ("amount", "${amount}"),
    ("amount", "n/a"),
)
_NO_TIME = "--:--:--"


def draw_kinds(lines: int, rates: Mapping[str, float], chance: np.random.Generator) -> NDArray[np.str_]:
    """Return a kind of dirt for each line, `CLEAN` for most and always for the last.

    The last line stays clean, so that a copy of any line can be placed before it and so that it can be truncated.
    """
    bounds = np.cumsum(list(rates.values()))
    kinds = np.array([*rates, CLEAN])[np.searchsorted(bounds, chance.random(lines), side="right")]
    kinds[-1:] = CLEAN
    return kinds


def move_to_accents(kinds: NDArray[np.str_], accented: NDArray[np.bool_], chance: np.random.Generator) -> None:
    """Move each wrong encoding, in place, to a line where it has an effect; drop it if there is no such line left."""
    drawn = np.flatnonzero(kinds == "wrong_encoding")
    kinds[drawn] = CLEAN
    fit = np.flatnonzero(accented[:-1] & (kinds[:-1] == CLEAN))
    kinds[chance.choice(fit, min(len(drawn), len(fit)), replace=False)] = "wrong_encoding"


def spoil(kind: str, cells: dict[str, str], chance: np.random.Generator) -> str:
    """Return a line, without its newline, with one kind of dirt applied.

    Args:
        kind: a kind of `RATES`; those that only move or copy a line leave its text unchanged.
        cells: the line's fields by name, as written in the file.
        chance: picks a variant, if a kind has several.

    Returns:
        Text to be written with the error handler `surrogateescape`: invalid bytes are represented as lone surrogates.
    """
    match kind:
        case "broken_number":
            column, wrong = _BROKEN[chance.integers(len(_BROKEN))]
            amount = cells["amount"]
            cells = cells | {column: wrong.format(amount=amount, comma=amount.replace(".", ","))}
        case "clock_error":
            cells = cells | {"sold_at": _wrong_time(cells["sold_at"], chance)}
        case "wrong_encoding":
            return ",".join(cells.values()).encode("latin-1").decode("utf-8", "surrogateescape")
        case "extra_field":
            cells = cells | {"": "1"}
        case _:
            pass
    return ",".join(cells.values())


def _wrong_time(right: str, chance: np.random.Generator) -> str:
    way, days, seconds = chance.integers((0, 2, 0), (3, 31, 3600)).tolist()
    if way == 0:
        return f"1970-01-01T00:{seconds // 60:02}:{seconds % 60:02}Z"
    if way == 1:
        return f"{dt.datetime.fromisoformat(right) + dt.timedelta(days):%Y-%m-%dT%H:%M:%SZ}"
    return _NO_TIME


def cut_off(line: str, chance: np.random.Generator) -> str:
    """Return the beginning of a line, truncated before its quantity."""
    return line[: int(len(line) * chance.uniform(0.3, 0.6))]
