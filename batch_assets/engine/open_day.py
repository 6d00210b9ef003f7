"""A day of which only a part has come: its tables are made by the same functions, each from what was published before and from the part of the others.

The parts are temporary tables of one connection, which may be open for reading only. Belongs here: how they are made. Does not belong here: which
files have come, and what becomes of the rows (`warehouse/part.py`).
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..table.model import ModelStore
from ..table.table import Table
from .duckdb import DuckDB
from .making import known_relations
from .reading import Reading, read_part
from .staging import KEPT


class OpenDay(DuckDB):
    """Makes the tables of a part of a day, on a connection to the warehouse."""

    def __init__(self, con: Backend, lake: Path, models: ModelStore, day: dt.date) -> None:
        """Take what an engine takes, and the day that lasts."""
        super().__init__(con, lake, models)
        self._day, self._parts = day, dict[str, str]()
        self._files: Sequence[Path] = ()

    def make(self, table: Table, files: Sequence[Path]) -> None:
        """Make a table's rows of the part as `KEPT` of `staging.py`, and let the tables that are made later read them.

        Args:
            table: an expression; what it reads of the day was made before.
            files: what has come of its raw source, if it reads one.

        Raises:
            LakeError: a file is corrupt, or has a different form.
        """
        self._files = files
        self.stage(table, [self._day])
        self._parts[table.name] = f'"_part_{table.name}"'
        self.con.con.execute(f"create or replace temp table {self._parts[table.name]} as from {KEPT}")

    def read(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """Read what has come of a table's raw source; return what was read."""
        return [read_part(self.con, table.source, self.lake, self._day, self._files)] if table.source else []

    def _show_known(self, con: Backend, table: Table, days: Sequence[dt.date]) -> None:
        """Create a view of each upstream: what was published before the day, and the part of it that was made."""
        for name, relation in known_relations(con, table, days):
            before = f"select * from {relation} and batch_date < date '{self._day}'"
            part = f"{before} union all by name from {self._parts[name]}" if name in self._parts else None
            con.con.execute(f'create or replace temp view "{name}" as {part or f"from {relation}"}')
