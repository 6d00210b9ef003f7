"""Names and values as DuckDB's SQL, where a query cannot take them as parameters, as in the paths of files."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..partitions import stretches


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return f'"{name}"'


def sql_text(value: Path | str) -> str:
    """Return a text, or a path, as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def typed(types: Mapping[str, str]) -> str:
    """Return columns with these types, by name, as a query selects them."""
    return ", ".join(f"{quoted(name)}::{kind} as {quoted(name)}" for name, kind in types.items())


def no_rows(types: Mapping[str, str]) -> str:
    """Return the query of no rows, with columns of these types, by name."""
    return f"select {', '.join(f'null::{kind} as {quoted(name)}' for name, kind in types.items())} limit 0"


def listed(values: Iterable[Path | str]) -> str:
    """Return a list of texts, or of paths, as an SQL literal."""
    return f"[{', '.join(map(sql_text, values))}]"


def between(first: dt.date, last: dt.date) -> str:
    """Return the condition that a batch day is in a stretch, in either engine's SQL."""
    return f"batch_date between date '{first}' and date '{last}'"


def among(days: Sequence[dt.date]) -> str:
    """Return the condition that a batch day is one of some, in either engine's SQL. DuckDB makes a join of a long list, so a stretch is told by its ends."""
    if len(stretches(days)) == 1:
        return between(min(days), max(days))
    each = ", ".join(f"date '{day}'" for day in days)
    return f"batch_date in ({each})"
