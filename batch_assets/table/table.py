"""`@table`: a function from upstream tables to its rows becomes a partitioned, published, checked table.

The function's parameters name its upstreams, so the signature is the lineage. It never reads or writes and does not
know Dagster: it receives tables already filtered to the days that it may see. Its rows carry `batch_date`; those of
other days than asked for are cut off. It has one of three forms:

    an expression: takes Ibis tables, returns one Ibis expression;
    a map: takes one Arrow batch of the rows of `scores`, itself an expression, and the models in force on their day, and
        returns one Arrow batch. It is pure and looks at each row for itself, so that any number of rows streams through it;
    a generator: takes Ibis tables, yields Arrow batches.

A parameter may also be one of these:
    days: one row per batch day that is asked for (`batch_date`). Look-back tables join it, so a range equals its days.
    ledger: the published batches of the upstreams: `asset`, `batch_date`, `content`.
    artifacts: the store of trained models, a `ModelStore`.

Belongs here: what a table is. Does not belong here: how its rows are made (`engine/`), checked or published (`warehouse/`).
"""

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ..errors import DefinitionError
from ..ingest.lakefile import LakeFile
from ..partitions import window
from .chart import Chart
from .code_version import code_version
from .contract import Contract
from .layers import Layers

ALL = None
"""Look-back over all days since the calendar's first."""

ROWS = "rows"
"""The parameter of a map that takes the rows to score."""

_PROVIDED = ("days", "ledger", "artifacts")

Rows: TypeAlias = ir.Table | pa.RecordBatch | Iterator[pa.RecordBatch]
"""What a table's function returns."""


@dataclass(frozen=True)
class Upstream:
    """A table that another reads: its full name, and how many days before the batch day (None: all)."""

    asset: str
    look_back: int | None

    def known(self, days: Sequence[dt.date]) -> tuple[dt.date, dt.date]:
        """Return the first and the last of its days that may be known as of `days`, which are in order."""
        return window(days[0], self.look_back)[0], days[-1]


@dataclass(frozen=True, eq=False)
class Table:
    """A published table: the function that makes its rows, and what holds for them.

    Attributes:
        function: makes the rows; its name, its file's and the table's are one.
        contract: what every published row obeys; a batch that breaks it is not published.
        lookback: days before the batch day that the function may read, by upstream; `ALL` since the first day.
            An upstream that is not named is read of the batch day alone.
        conserves: by upstream, this table's columns with the columns of it that each is a sum of: both add up to the same in
            each batch, exactly, so neither is a float.
        measure: the column whose sum is shown for each batch.
        scores: makes the rows that `function`, then a map, turns into this table's.
        show: describes a chart of a run's last batch, from tables that its parameters name, all up to that day;
            the UI shows it under the function's name.
        kinds: what it is made with, for the UI.
    """

    function: Callable[..., Rows]
    contract: type[Contract]
    lookback: Mapping[str, int | None] = field(default_factory=dict)
    conserves: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    measure: str | None = None
    scores: Callable[..., ir.Table] | None = None
    show: Callable[..., Chart] | None = None
    kinds: tuple[str, ...] = ("duckdb",)

    def __call__(self, **tables: Any) -> Rows:
        """Return the rows that the function makes of `tables`."""
        return self.function(**tables)

    @property
    def layers(self) -> Layers:
        """The layers' folders among which the table's file lies."""
        return Layers(self.function.__module__.rsplit(".", 2)[0])

    @property
    def layer(self) -> str:
        """The folder that the table's file is in."""
        return self.function.__module__.split(".")[-2]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.function.__name__

    @property
    def asset(self) -> str:
        """The table's full name."""
        return f"{self.layer}.{self.name}"

    @property
    def description(self) -> str:
        """What the table is, and its grain."""
        return inspect.getdoc(self.function) or ""

    @property
    def is_map(self) -> bool:
        """Whether the function maps batches of the rows of `scores`."""
        return self.scores is not None

    @property
    def is_generator(self) -> bool:
        """Whether the function yields the rows, in this process."""
        return inspect.isgeneratorfunction(self.function)

    @property
    def parameters(self) -> list[str]:
        """What the rows, or those to score, are made from: the parameters of the function, or of `scores`."""
        return list(inspect.signature(self.scores or self.function).parameters)

    @property
    def models(self) -> list[str]:
        """The models by which a map scores.

        Raises:
            DefinitionError: the map takes something else, or no rows, or yields.
        """
        if not self.is_map:
            return []
        names = list(inspect.signature(self.function).parameters)
        models = names[1:]
        if names[:1] != [ROWS] or self.is_generator or any(name in _PROVIDED or self.layers.layer_of(name) != "models" for name in models):
            raise DefinitionError(f"{self.asset}: a map takes `{ROWS}`, then models, and returns one batch; what else it needs is made by its `scores`.")
        return models

    @property
    def reads(self) -> list[str]:
        """The tables and the raw source that it reads."""
        return [*(name for name in self.parameters if name not in _PROVIDED), *self.models]

    @property
    def tables(self) -> list[str]:
        """The tables that it reads."""
        return [name for name in self.reads if self.layers.layer_of(name) != "lake"]

    @property
    def source(self) -> LakeFile | None:
        """The raw source that it reads, if it does.

        Raises:
            DefinitionError: it reads several, or is not an expression.
        """
        names = [name for name in self.reads if self.layers.layer_of(name) == "lake"]
        if len(names) > 1:
            raise DefinitionError(f"{self.asset}: reads the raw sources {' and '.join(names)}; write one mart for each source, and join the marts.")
        if names and (self.is_map or self.is_generator):
            raise DefinitionError(f"{self.asset}: only an expression can read a raw source; write a mart for {names[0]}, and read that.")
        return self.layers.find(names[0]) if names else None

    @property
    def upstreams(self) -> list[Upstream]:
        """The tables that it reads, with their look-back."""
        return [Upstream(f"{self.layers.layer_of(name)}.{name}", self.lookback.get(name, 0)) for name in self.tables]

    @property
    def code(self) -> str:
        """Version of the code that makes the rows: it changes when the function, what it imports here, or how its raw source is read does."""
        return code_version(self.function.__module__, *([self.layers.module_of(self.source.name)] if self.source else []))

    @cached_property
    def expression(self) -> ir.Table | None:
        """The expression that makes the rows, or those to score, over tables of which only names and columns are known; None for a generator.

        Raises:
            DefinitionError: the function returns something else.
        """
        if self.is_generator:
            return None
        empty: dict[str, Any] = {name: ibis.table(self.schema_of(name), name=name) for name in self.parameters if name not in _PROVIDED}
        empty |= {"days": ibis.table({"batch_date": "date"}, name="days")} if "days" in self.parameters else {}
        expression = (self.scores or self.function)(**empty)
        if not isinstance(expression, ir.Table):
            raise DefinitionError(f"{self.asset}: the function returns neither an expression nor, with `yield`, Arrow record batches.")
        return expression

    def schema_of(self, name: str) -> ibis.Schema:
        """Return the columns of something that it reads: a table's by its contract, a raw source's as text."""
        found = self.layers.find(name)
        return ibis.Schema.from_pyarrow(found.contract.arrow_schema() if isinstance(found, Table) else found.schema)


def table(
    *,
    contract: type[Contract],
    lookback: Mapping[str, int | None] | None = None,
    conserves: Mapping[str, Mapping[str, str]] | None = None,
    measure: str | None = None,
    scores: Callable[..., ir.Table] | None = None,
    show: Callable[..., Chart] | None = None,
    kinds: tuple[str, ...] = ("duckdb",),
) -> Callable[[Callable[..., Rows]], Table]:
    """Turn a function into the table that is named after it, in the layer that is named after its folder.

    The arguments are those of `Table`.
    """
    return lambda function: Table(function, contract, lookback or {}, conserves or {}, measure, scores, show, kinds)
