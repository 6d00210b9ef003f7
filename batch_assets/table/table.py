"""`@table`: a function from upstream tables to its rows becomes a partitioned, published, checked table.

The function's parameters name its upstreams, so the signature is the lineage. It never reads or writes and does not
know Dagster: it gets Ibis tables cut to the days that it may know, and returns one Ibis expression, or, where no
expression can (scores, trained models), Arrow record batches. Its rows carry `batch_date`; those of other days than
asked for are cut off.

A parameter may also be one of these:
    days: one row per batch day that is asked for (`batch_date`). Look-back tables join it, so a range equals its days.
    ledger: the published batches of the upstreams: `asset`, `batch_date`, `content`.
    artifacts: the store of trained models (`artifacts.py`).
"""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _
from ibis.backends.duckdb import Backend

from ..engine.compiled import Compiled, compile_expression
from ..engine.reading import Reading, read_lake
from ..engine.staging import DAYS, RAW, Query, relation
from ..ingest.lakefile import LakeFile
from ..warehouse.artifacts import Artifacts
from ..warehouse.connection import Warehouse
from ..warehouse.ledger import Upstream, contents, inputs_hash
from ..warehouse.publication import Batch, Receipt, Target, publish
from .code_version import code_version
from .contract import Contract
from .layers import find_table, lake_file, layer_of, module_of

ALL = None
"""Look-back over all days since the calendar's first."""

_PROVIDED = ("days", "ledger", "artifacts")

Rows: TypeAlias = ir.Table | Iterator[pa.RecordBatch]
"""What a table's function returns."""


@dataclass(frozen=True)
class Published:
    """What a run of a table did: its batches, and the raw files that they were read from."""

    batches: list[Batch]
    readings: list[Reading]
    inputs: Mapping[dt.date, Mapping[str, str]]
    shown: Mapping[dt.date, Mapping[str, str]]


@dataclass(frozen=True)
class Table:
    """A published table: the function that makes its rows, and what holds for them.

    Attributes:
        function: makes the rows; its name, its file's and the table's are one.
        contract: what every published row obeys; a batch that breaks it is not published.
        lookback: days before the batch day that the function may read, by upstream; `ALL` since the first day.
            An upstream that is not named is read of the batch day alone.
        conserves: by upstream, (its column, this table's column): both add up to the same in each batch.
        measure: the column whose sum is shown for each batch.
        show: makes a chart of a run's last batch, as Markdown, from tables that its parameters name, all up to that day;
            the UI shows it under the function's name.
        kinds: what it is made with, for the UI.
    """

    function: Callable[..., Rows]
    contract: type[Contract]
    lookback: Mapping[str, int | None] = field(default_factory=dict)
    conserves: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    measure: str | None = None
    show: Callable[..., str] | None = None
    kinds: tuple[str, ...] = ("duckdb",)

    def __call__(self, **tables: Any) -> Rows:
        """Return the rows that the function makes of `tables`."""
        return self.function(**tables)

    @property
    def layer(self) -> str:
        """The folder that the table's file is in."""
        return self.function.__module__.split(".")[-2]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.function.__name__

    @property
    def parameters(self) -> list[str]:
        """The function's parameters."""
        return list(inspect.signature(self.function).parameters)

    @property
    def description(self) -> str:
        """What the table is, and its grain."""
        return inspect.getdoc(self.function) or ""

    @property
    def reads(self) -> list[str]:
        """The tables and the raw source that it reads."""
        return [name for name in self.parameters if name not in _PROVIDED]

    @property
    def tables(self) -> list[str]:
        """The tables that it reads."""
        return [name for name in self.reads if layer_of(name) != "lake"]

    @property
    def source(self) -> LakeFile | None:
        """The raw source that it reads, if it does; one at most."""
        sources = [name for name in self.reads if layer_of(name) == "lake"]
        return lake_file(sources[0]) if sources else None

    @property
    def upstreams(self) -> list[Upstream]:
        """The tables that it reads, with their look-back."""
        return [Upstream(f"{layer_of(name)}.{name}", self.lookback.get(name, 0)) for name in self.tables]

    @property
    def code(self) -> str:
        """Version of the code that makes the rows: it changes when the function, what it imports here, or how its raw source is read does."""
        return code_version(self.function.__module__, *([module_of(self.source.name)] if self.source else []))

    @cached_property
    def expression(self) -> ir.Table | None:
        """The expression over tables of which only names and columns are known; None if the rows are made in Python."""
        empty: dict[str, Any] = {name: ibis.table(_schema_of(name), name=name) for name in self.reads}
        empty |= {"days": ibis.table({"batch_date": "date"}, name="days")} if "days" in self.parameters else {}
        expression = self.function(**empty) if self.is_expression else None
        return expression if isinstance(expression, ir.Table) else None

    @cached_property
    def compiled(self) -> Compiled | None:
        """The expression as the engine takes it; None if the rows are made in Python."""
        if not self.is_expression:
            return None
        if self.expression is None:
            raise TypeError(f"{self.layer}.{self.name}: the function returns neither an expression nor, with `yield`, Arrow record batches.")
        return compile_expression(self.expression)

    @property
    def is_expression(self) -> bool:
        """Whether the rows are an expression; if not, a generator makes them while the engine takes them in."""
        return not inspect.isgeneratorfunction(self.function)

    def publish(self, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Published:
        """Make the batches of `days` and publish them, all or none.

        Raises:
            BatchError: the input or the result is not what it must be. Nothing was changed.
        """
        with warehouse.connect() as con:
            published = contents(con, self.upstreams, days)
            inputs = {day: {u.asset: inputs_hash(published, u, day) for u in self.upstreams} for day in days}
            readings = read_lake(con, self.source, Path(warehouse.lake), days) if self.source else []
            for reading in readings:
                inputs[reading.day][f"lake.{reading.source}"] = reading.version
            rows = self._expressed(con, days, self.compiled) if self.compiled else self._made(con, days, Artifacts(Path(warehouse.models)))
            target = Target(self.layer, self.name, self.contract, Path(warehouse.published) if self.layer == "predictions" else None)
            rows_in = {reading.day: reading.rows for reading in readings} if self.source else None
            may_keep_none = self.source is not None and self.source.may_be_empty
            receipt = Receipt(run_id, self.code, inputs, rows_in, may_keep_none, self._measures(con, days))
            batches = publish(con, target, rows, days, receipt, self.measure)
            return Published(batches, readings, inputs, {days[-1]: self._shown(con, days[-1])})

    def _expressed(self, con: Backend, days: Sequence[dt.date], compiled: Compiled) -> Query:
        """Return the query for the rows of `days`; the names in it become views, cut to the days that it may know."""
        for name, upstream in zip(self.tables, self.upstreams, strict=True):
            first, last = upstream.known(days)
            _view(con, name, f"""{layer_of(name)}."{name}" where batch_date between date '{first}' and date '{last}'""")
        if self.source:
            _view(con, self.source.name, RAW)
        if "days" in self.parameters:
            _days(con, days)
            _view(con, "days", DAYS)
        if compiled.in_memory:
            con._run_pre_execute_hooks(self.expression)
        asked = ", ".join(f"date '{day}'" for day in days)
        return Query(f"select * from ({compiled.sql}) where batch_date in ({asked})", compiled.types)

    def _made(self, con: Backend, days: Sequence[dt.date], artifacts: Artifacts) -> Iterator[pa.RecordBatch]:
        """Return the rows that the function makes in Python of tables that are cut to the days that it may know."""
        reader = ibis.duckdb.from_connection(con.con.cursor())
        known: dict[str, Any] = {
            name: _published(reader, name).filter(_.batch_date.between(*upstream.known(days)))
            for name, upstream in zip(self.tables, self.upstreams, strict=True)
        }
        provided: dict[str, Callable[[], Any]] = {
            "days": lambda: _days(reader, days),
            "ledger": lambda: self._ledger(reader, days),
            "artifacts": lambda: artifacts,
        }
        known |= {name: given() for name, given in provided.items() if name in self.parameters}
        return cast(Iterator[pa.RecordBatch], self.function(**known))

    def _ledger(self, con: Backend, days: Sequence[dt.date]) -> ir.Table:
        batches = con.table("batches", database="quality")
        mine = batches.filter(batches.asset.isin([u.asset for u in self.upstreams]), batches.batch_date <= days[-1])
        return mine.select("asset", "batch_date", "content")

    def _shown(self, con: Backend, day: dt.date) -> dict[str, str]:
        """Return what the UI shows of a run's last batch: a few rows, and the chart if the table has one."""
        order = ", ".join(f'"{name}"' for name in self.contract.grain())
        first_rows = f'select * exclude (batch_date) from {self.layer}."{self.name}" where batch_date = ? order by {order} limit 5'
        shown = {"preview": _markdown(con.con.execute(first_rows, [day]).to_arrow_table())}
        if self.show:
            shown[self.show.__name__] = self._chart(con, day)
        return shown

    def _chart(self, con: Backend, day: dt.date) -> str:
        """Return the chart; a batch that is published stays so if it cannot be made."""
        assert self.show
        try:
            names = inspect.signature(self.show).parameters
            known = {name: _published(con, name).filter(_.batch_date <= day) for name in names if name != "day"}
            return self.show(day=day, **known)
        except Exception as error:
            return f"The chart could not be made: {error}"

    def _measures(self, con: Backend, days: Sequence[dt.date]) -> dict[str, dict[dt.date, int]]:
        totals: dict[str, dict[dt.date, int]] = {}
        for upstream, (read, made) in self.conserves.items():
            rows = con.con.execute(
                f'select batch_date, sum("{read}") from {layer_of(upstream)}."{upstream}" where batch_date in (select unnest(?)) group by 1', [list(days)]
            ).fetchall()
            totals[made] = dict.fromkeys(days, 0) | {day: int(total) for day, total in rows}
        return totals


def table(
    *,
    contract: type[Contract],
    lookback: Mapping[str, int | None] | None = None,
    conserves: Mapping[str, tuple[str, str]] | None = None,
    measure: str | None = None,
    show: Callable[..., str] | None = None,
    kinds: tuple[str, ...] = ("duckdb",),
) -> Callable[[Callable[..., Rows]], Table]:
    """Turn a function into the table that is named after it, in the layer that is named after its folder.

    The arguments are those of `Table`.
    """
    return lambda function: Table(function, contract, lookback or {}, conserves or {}, measure, show, kinds)


def _schema_of(name: str) -> ibis.Schema:
    """Return the columns of a table or of a raw source by its contract."""
    if layer_of(name) == "lake":
        return ibis.Schema.from_pyarrow(lake_file(name).schema)
    return ibis.Schema.from_pyarrow(find_table(name).contract.arrow_schema())


def _published(con: Backend, name: str) -> ir.Table:
    """Return a published table; its columns are known by its contract."""
    return relation(con, name, _schema_of(name), layer_of(name))


def _view(con: Backend, name: str, relation: str) -> None:
    con.con.execute(f'create or replace temp view "{name}" as from {relation}')


def _markdown(rows: pa.Table) -> str:
    names = rows.column_names
    lines = [names, ["---"] * len(names), *([str(row[name])[:40] for name in names] for row in rows.to_pylist())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _days(con: Backend, days: Sequence[dt.date]) -> ir.Table:
    con.con.execute(f"create or replace temp table {DAYS} as select unnest(?::date[]) as batch_date", [list(days)])
    return relation(con, DAYS, ibis.schema({"batch_date": "date"}))
