"""Names and values as DuckDB's SQL, where a query cannot take them as parameters, as in the paths of files."""

from pathlib import Path


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return f'"{name}"'


def sql_text(value: Path | str) -> str:
    """Return a text, or a path, as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"
