"""The Spark engine: what an expression may know goes to Spark as Parquet files, and its rows come back as Parquet files.

If Spark's workers reach the store (`../open_store.py`), published rows do neither: workers read them where they lie, and write what they make
where it will lie; they read the raw files, too (`raw.py`). Belongs here: how an expression and a map are run by Spark. Does not belong here: what is
alike on every engine (`../making.py`, `../scoring.py`), where files lie (`transit.py`), and what runs in a worker to write them (`handing.py`).
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
from ibis.backends.duckdb import Backend

from ...table.model import ModelStore, Version
from ...table.table import Table
from .. import ibis_private
from ..making import Engine, days_alone, known_relations, of_days
from ..open_store import HandedOver, OpenStore, contents
from ..quoting import between, no_rows, sql_text
from ..reading import Reading
from ..scoring import by_models, call
from ..staging import Query, stage_written
from .checking import counted_by_portions, kept_columns, lost, repeats
from .compile import compiled
from .failures import told_plainly
from .handing import TOLD, Handing, Portion, rejected_rows
from .ibis_private import rows_in_memory, type_name
from .raw import read_by_workers
from .session import session
from .standing import in_one_part, standing
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
    _raw: Sequence[str]

    def __init__(self, con: Backend, lake: Path, models: ModelStore, store: OpenStore | None = None) -> None:
        """Take the inputs, and the store if Spark's workers reach it."""
        super().__init__(con, lake, models)
        self._store = store

    def stage(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        """As every engine does, with files in transit; but workers write the rows into the store if they reach it."""
        if self._store and not table.is_generator:
            return self._hand_over(table, days, self._store)
        with in_transit() as self._folder:
            return super().stage(table, days)

    def _hand_over(self, table: Table, days: Sequence[dt.date], store: OpenStore) -> list[Reading]:
        """Let the workers write the rows into the store; return what was read from the lake, whose rows are in transit until the publication has ended."""
        self._folder = store.until_the_end(in_transit())
        readings = self._read_by_workers(table, days)
        columns = _schema_of_rows(table)
        put, counts = store.put(table.asset), counted_by_portions(table.contract, columns)
        portions = self._portions(table, days, Handing(put, _kinds(columns), table.measure, self._folder, counts or ()))
        written = [file for portion in portions for file in portion.written]
        rejected = [portion.rejected for portion in portions if portion.rejected]
        with told_plainly(table, days):
            breaches = None if counts is None else sum(portion.breaches for portion in portions) + repeats(table.contract, put.table, written)
            self.handed = HandedOver(written, breaches, lost(table, days, put.table, written, rejected))
        stage_written(self.con, store.relation(table.asset, kept_columns(columns), written), rejected_rows(rejected), raw_rows=table.source is not None)
        return readings

    def _read_by_workers(self, table: Table, days: Sequence[dt.date]) -> list[Reading]:
        if table.source is None:
            return []
        with told_plainly(table, days):
            readings, self._raw = read_by_workers(self.con, table.source, self.lake, days, self._folder)
        return readings

    def content_alone(self, table: Table, day: dt.date) -> str | None:
        """As every engine does, with files in transit; but workers count the rows where they make them, if they reach the store."""
        with in_transit() as self._folder:
            if self._store is None or table.is_generator:
                return super().content_alone(table, day)
            columns = _schema_of_rows(table)
            portions = self._portions(table, [day], Handing(None, _kinds(columns)))
            found = [file for portion in portions for file in portion.written]
            made = contents(kept_columns(columns), found).get(day)
            return made[1] if made else None

    def _portions(self, table: Table, days: Sequence[dt.date], handing: Handing) -> list[Portion]:
        """Let the workers hand over the rows that they make; return what they tell of them."""
        with told_plainly(table, days):
            return [Portion.heard(text) for rows in self._frames(table, days) for text in rows.mapInArrow(handing, TOLD).toArrow()[0].to_pylist()]

    def _query(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Let Spark make an expression's rows; return the query of the files that have them."""
        return self._made_rows(table, days)

    def _scored(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Let Spark's workers score a map's rows; return the query of the files that have them."""
        return self._made_rows(table, days)

    def _frames(self, table: Table, days: Sequence[dt.date]) -> Iterator["DataFrame"]:
        """Yield frames that have the rows of a table's batches."""
        if table.is_map:
            yield from self._frames_of_map(table, days)
        else:
            self._show_known(table, days)
            yield session().sql(of_days(compiled(table), days))

    def _frames_of_map(self, table: Table, days: Sequence[dt.date]) -> Iterator["DataFrame"]:
        """Yield a frame for the days on which the same models are in force."""
        rows_of, scored = _expression(table).schema(), ibis.schema(table.contract.arrow_schema())
        typed = ", ".join(f"cast(`{name}` as {type_name(kind)}) as `{name}`" for name, kind in rows_of.items())
        columns = ", ".join(f"`{name}` {type_name(kind)}" for name, kind in scored.items())
        self._show_known(table, days)
        for its_days, models in by_models(self.reader(), table, days, self.models):
            rows = session().sql(f"select {typed} from ({of_days(compiled(table), its_days)})")
            mapped = _Mapped(_shipped(table), models, rows_of.to_pyarrow(), table.together)
            if table.together:
                key = ", ".join(f"`{name}`" for name in table.together)
                yield rows.selectExpr("*", f"pmod(xxhash64({key}), {PARTS}) as `{_PART}`").groupBy(_PART).applyInArrow(mapped.of_groups(), columns)
            else:
                yield rows.mapInArrow(mapped.of_batches(), columns)

    def _show_known(self, table: Table, days: Sequence[dt.date]) -> None:
        """Show Spark what an expression may know, under the names used in it."""
        if self._store:
            self._show_where_it_lies(table, days, self._store)
        for name, relation in days_alone(self.con, table, days) if self._store else known_relations(self.con, table, days):
            self.con.con.execute(f"copy (from {relation}) to {sql_text(self._folder / f'{name}.parquet')} (format parquet)")
        for name, rows in rows_in_memory(_expression(table)).items():
            pq.write_table(rows, self._folder / f"{name}.parquet")
        for path in self._folder.glob("*.parquet"):
            session().read.parquet(str(path)).createOrReplaceTempView(path.stem)

    def _show_where_it_lies(self, table: Table, days: Sequence[dt.date], store: OpenStore) -> None:
        """Show Spark what lies in the store, and the raw rows that were read."""
        for name, upstream in zip(table.tables, table.upstreams, strict=True):
            known = upstream.known(days)
            standing(store.standing(upstream.asset, *known), table.schema_of(name), *known).createOrReplaceTempView(name)
        if table.source:
            in_one_part(session().read.parquet(*self._raw)).where(between(days[0], days[-1])).createOrReplaceTempView(table.source.name)

    def _made_rows(self, table: Table, days: Sequence[dt.date]) -> Query:
        """Return the query of the rows that came back. No rows may be no file."""
        with told_plainly(table, days):
            for number, rows in enumerate(self._frames(table, days)):
                rows.write.parquet(str(self._folder / _MADE / str(number)))
        kinds = _kinds(_schema_of_rows(table))
        columns = ", ".join(f'"{name}"' for name in kinds)
        files = self._folder / _MADE / "*" / "*.parquet"
        if any(files.parent.parent.glob("*/*.parquet")):
            return Query(f"select {columns} from read_parquet({sql_text(files)})", kinds)
        return Query(no_rows(kinds), kinds)


def _expression(table: Table) -> ir.Table:
    return cast(ir.Table, table.expression)


def _schema_of_rows(table: Table) -> ibis.Schema:
    """Return the columns of the rows that a table's function makes."""
    return ibis.schema(table.contract.arrow_schema()) if table.is_map else _expression(table).schema()


def _kinds(schema: ibis.Schema) -> dict[str, str]:
    """Return the columns' types as DuckDB spells them."""
    return {name: ibis_private.type_name(kind) for name, kind in schema.items()}


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
