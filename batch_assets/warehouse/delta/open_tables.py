"""Delta tables as an engine's workers reach them: they read the files that a table's log names, and write files that a commit will name.

Does not belong here: what becomes of files that no commit names (`under_way.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import ibis
import pyarrow as pa
from deltalake import DeltaTable

from ...engine.open_store import Put, Standing, Written
from .parquet import DAY, rows_of
from .under_way import under_way


class OpenTables:
    """The tables of a store, for one publication."""

    def __init__(self, location: str, tables: Mapping[str, DeltaTable], publication: ExitStack) -> None:
        """Take the store's location, its tables as they were read last, and what ends with the publication."""
        self._location, self._tables, self._publication = location, tables, publication

    def standing(self, asset: str, first: dt.date, last: dt.date) -> Standing:
        """Return a table with its files of some days, as its log was read last."""
        table = self._tables[asset]
        files = pa.table(table.get_add_actions(flatten=False)).to_pylist()
        asked = [f"{self._uri(asset)}/{file['path']}" for file in files if first <= file["partition"][DAY] <= last]
        return Standing(self._uri(asset), table.version(), sorted(asked))

    def put(self, asset: str) -> Put:
        """Return what writes files into a table until the publication ends."""
        since = self._tables[asset].version() if asset in self._tables else -1
        return self._publication.enter_context(under_way(self._location, self._uri(asset), since))

    def until_the_end(self, context: AbstractContextManager[Path]) -> Path:
        """Enter a context that is left when the publication has ended."""
        return self._publication.enter_context(context)

    def relation(self, asset: str, schema: ibis.Schema, written: Sequence[Written]) -> str:
        """Return, as SQL, the rows of files that were written."""
        return rows_of(self._uri(asset), [file.path for file in written], schema, [DAY])

    def _uri(self, asset: str) -> str:
        return f"{self._location}/{asset.replace('.', '/')}"
