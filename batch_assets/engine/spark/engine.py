"""The Spark engine: what an expression may know goes to Spark as Parquet files, and its rows come back as Parquet files.

Belongs here: how an expression and a map are run by Spark. Does not belong here: what is alike on every engine (`../making.py`,
`../scoring.py`), and where the files lie (`transit.py`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from ...table.model import Version
from ...table.table import Table
from .. import ibis_private
from ..making import Engine, known_relations, of_days
from ..quoting import sql_text
from ..reading import Reading
from ..scoring import by_models, call
from ..staging import Query
from .compile import compiled
from .failures import told_plainly
from .ibis_private import rows_in_memory, type_name
from .session import session
from .transit import in_transit

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PARTS = 1024
"""Into how many parts groups of rows are put that belong together: a call gets a part, so a worker holds a part in memory."""

_PART, _MADE = "_part", "made"
"""The column of a row's part, and the folder of the rows that come back."""


class Spark(Engine):
    """Computes rows on Spark."""

    _folder: Path

    def stage(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """As every engine does, with files in transit."""
        with in_transit() as self._folder:
            return super().stage(table, days)

    def stage_alone(self, table: Table, day: dt.date) -> None:
        """As every engine does, with files in transit."""
        with in_transit() as self._folder:
            super().stage_alone(table, day)

    def _query(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Let Spark make an expression's rows; return the query of the files that have them."""
        with told_plainly(table, days):
            self._show_known(table, days)
            self._write(session().sql(of_days(compiled(table), days)), 0)
        return self._made_rows(_expression(table).schema())

    def _scored(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Let Spark's workers score a map's rows; return the query of the files that have them."""
        rows_of, scored = _expression(table).schema(), ibis.schema(table.contract.arrow_schema())
        typed = ", ".join(f"cast(`{name}` as {type_name(kind)}) as `{name}`" for name, kind in rows_of.items())
        columns = ", ".join(f"`{name}` {type_name(kind)}" for name, kind in scored.items())
        in_force = list(by_models(self.reader(), table, days, self.models))
        with told_plainly(table, days):
            self._show_known(table, days)
            for number, (its_days, models) in enumerate(in_force):
                rows = session().sql(f"select {typed} from ({of_days(compiled(table), its_days)})")
                mapped = _Mapped(_shipped(table), models, rows_of.to_pyarrow(), table.together)
                if table.together:
                    key = ", ".join(f"`{name}`" for name in table.together)
                    rows = rows.selectExpr("*", f"pmod(xxhash64({key}), {PARTS}) as `{_PART}`").groupBy(_PART).applyInArrow(mapped.of_groups(), columns)
                else:
                    rows = rows.mapInArrow(mapped.of_batches(), columns)
                self._write(rows, number)
        return self._made_rows(scored)

    def _show_known(self, table: Table, days: Sequence[dt.date]) -> None:
        """Show Spark what an expression may know, under the names used in it."""
        for name, relation in known_relations(self.con, table, days):
            self.con.con.execute(f"copy (from {relation}) to {sql_text(self._folder / f'{name}.parquet')} (format parquet)")
        for name, rows in rows_in_memory(_expression(table)).items():
            pq.write_table(rows, self._folder / f"{name}.parquet")
        for path in self._folder.glob("*.parquet"):
            session().read.parquet(str(path)).createOrReplaceTempView(path.stem)

    def _write(self, rows: "DataFrame", part: int) -> None:
        rows.write.parquet(str(self._folder / _MADE / str(part)))

    def _made_rows(self, schema: ibis.Schema) -> Query:
        """Return the query of the rows that came back. No rows may be no file."""
        kinds = {name: ibis_private.type_name(kind) for name, kind in schema.items()}
        columns = ", ".join(f'"{name}"' for name in kinds)
        files = self._folder / _MADE / "*" / "*.parquet"
        if any(files.parent.parent.glob("*/*.parquet")):
            return Query(f"select {columns} from read_parquet({sql_text(files)})", kinds)
        return Query(f"select {', '.join(f'null::{kind}' for kind in kinds.values())} limit 0", kinds)


def _expression(table: Table) -> ir.Table:
    return cast(ir.Table, table.expression)


def _shipped(table: Table) -> Table | tuple[str, str]:
    """Return what goes to the workers of a table: where it is found, or all of it if it is not there."""
    module = table.function.__module__
    return (module, table.name) if getattr(import_module(module), table.name, None) is table else table


@dataclass(frozen=True)
class _Mapped:
    """What goes to the workers for a map: the table or where it is found, its models, and the columns of the rows to score."""

    shipped: Table | tuple[str, str]
    models: dict[str, Version]
    schema: pa.Schema
    together: tuple[str, ...]

    def of_batches(self) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
        """Return the function for workers that get rows in any portions."""

        def mapped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                if batch.num_rows:
                    yield self._call(batch.cast(self.schema))

        return mapped

    def of_groups(self) -> Callable[[pa.Table], pa.Table]:
        """Return the function for workers that get whole groups, many at once."""

        def mapped(rows: pa.Table) -> pa.Table:
            ordered = rows.select(self.schema.names).cast(self.schema).sort_by([(name, "ascending") for name in self.together])
            return pa.Table.from_batches([self._call(batch) for batch in ordered.combine_chunks().to_batches()])

        return mapped

    def _call(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        table = self.shipped if isinstance(self.shipped, Table) else getattr(import_module(self.shipped[0]), self.shipped[1])
        return call(table, self.models, rows)
