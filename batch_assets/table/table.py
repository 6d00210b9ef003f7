"""`@table`: turns a function of upstream tables into a partitioned, checked and published table.

The function's parameters name its upstreams, so the signature is the lineage. It does no I/O and does not depend on
Dagster: it receives tables already filtered to the days it may see. Its rows carry `batch_date`; rows of days that were
not requested are dropped. It takes one of three forms:

    an expression: takes Ibis tables, returns one Ibis expression;
    a map: takes one Arrow batch of the rows to score, which the expression `scores` makes, and the models in force on their
        day; returns one Arrow batch. It is pure and treats each row independently, or, with `together`, each group of rows, so any
        number of rows can be streamed;
    a generator: takes Ibis tables, yields Arrow batches.

A parameter may also be one of these:
    days: one row per requested batch day (`batch_date`). Tables with a look-back join it, so that a range gives the same
        rows as its days one by one.
    ledger: the published batches of the upstreams: `asset`, `batch_date`, `content`.
    artifacts: the store of trained models, a `ModelStore`.

Belongs here: what a table is. Does not belong here: how its rows are computed (`engine/`), checked or published (`warehouse/`).
"""

import datetime as dt
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ..errors import DefinitionError
from ..ingest.lakefile import LakeFile
from ..partitions import window
from .chart import Chart
from .code_closure import stays_inside
from .code_version import code_parts, code_version
from .contract import Contract
from .layers import TODAY, Layers
from .lineage import Column, column_lineage
from .remembered import remembered

ALL = None
"""A look-back over all days since the calendar's first day."""

ROWS = "rows"
"""The parameter of a map that takes the rows to score."""

PLACE = ("source_file", "source_line")
"""The columns that say where in a raw file a row is from."""

REJECT = "reject_reason"
"""The column of a function's rows with the reason why a row is rejected; null if the row is accepted."""

_PROVIDED = ("days", "ledger", "artifacts")

_ACTED_UPON = ("models", "predictions")
"""The layers whose published batches stand: people have acted upon them."""

_FOR_EVERYONE = ("predictions", TODAY)
"""The folders whose tables are published as files."""

Rows: TypeAlias = ir.Table | pa.RecordBatch | Iterator[pa.RecordBatch]
"""What a table's function returns."""


@dataclass(frozen=True)
class Upstream:
    """A table that another reads: its full name, and the look-back in days (None: all days)."""

    asset: str
    look_back: int | None

    def known(self, days: Sequence[dt.date]) -> tuple[dt.date, dt.date]:
        """Return the first and last day that may be read as of `days`, which must be sorted."""
        return window(days[0], self.look_back)[0], days[-1]


@dataclass(frozen=True, eq=False)
class Table:
    """A published table: the function that computes its rows, and the rules for them.

    Attributes:
        function: computes the rows. Function, file and table have the same name.
        contract: the rules for every published row; a batch that breaks it is not published.
        lookback: by upstream, how many days before the batch day the function may read; `ALL` for all days so far.
            Of any other upstream, only the batch day is read.
        conserves: by upstream, {this table's column: the upstream's column that it is a sum of}: the two have the same total
            in each batch, exactly, so neither is a float.
        sifts: the upstream of which the table keeps or rejects each row of the day, once; the two have the place of a row, `PLACE`,
            by which they are matched.
        searches: upstreams in whose look-back the function finds few rows, such as the sales of some products: a range reads them once, and
            holds none of them in memory for each of its days.
        measure: the column whose total is shown for each batch.
        scores: for a map only: returns the expression for the rows to score.
        together: for a map only: the columns in which all rows of a group agree. One call gets whole groups: what is ranked, is ranked in one.
        show: describes a chart of a run's last batch. Its parameters name the tables it needs, filtered up to that day;
            the UI shows the chart under the function's name.
        kinds: technologies used, for the UI.
        libraries: the libraries whose other versions may make other rows, such as one that trains models.
    """

    function: Callable[..., Rows]
    contract: type[Contract]
    lookback: Mapping[str, int | None] = field(default_factory=dict)
    conserves: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sifts: str | None = None
    searches: tuple[str, ...] = ()
    measure: str | None = None
    scores: Callable[..., ir.Table] | None = None
    together: tuple[str, ...] = ()
    show: Callable[..., Chart] | None = None
    kinds: tuple[str, ...] = ("duckdb",)
    libraries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a table whose private columns would be in the files that everyone reads, and groups of rows where none are scored."""
        if self.layer in _FOR_EVERYONE and (private := self.contract.private()):
            raise DefinitionError(f"{self.asset}: {', '.join(private)} is private, and tables of {self.layer} are published as files for everyone.")
        if self.together and not self.is_map:
            raise DefinitionError(f"{self.asset}: together is for maps, and this is none: it has no `scores`.")

    def __call__(self, **tables: Any) -> Rows:
        """Return the rows that the function computes from `tables`."""
        return self.function(**tables)

    @property
    def layers(self) -> Layers:
        """The layer folders of the package that contains the table's file."""
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
        """Whether the function yields the rows from Python."""
        return inspect.isgeneratorfunction(self.function)

    @property
    def stands(self) -> bool:
        """Whether a published batch is replaced only when somebody asks for that, whatever becomes of what it was made from."""
        return self.layer in _ACTED_UPON

    @property
    def parameters(self) -> list[str]:
        """The parameters of the function, or, for a map, of `scores`."""
        return list(inspect.signature(self.scores or self.function).parameters)

    @property
    def models(self) -> list[str]:
        """The models that a map scores with.

        Raises:
            DefinitionError: the map does not take `rows` first, takes anything but models after it, or is a generator.
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
    def sees_private(self) -> bool:
        """Whether personal data may be among the rows that it reads."""
        return any(found.contract.private() if isinstance(found, Table) else found.private for found in map(self.layers.find, self.reads))

    @property
    def source(self) -> LakeFile | None:
        """The raw source that it reads, if any.

        Raises:
            DefinitionError: it reads more than one, or it reads one and is not an expression.
        """
        names = [name for name in self.reads if self.layers.layer_of(name) == "lake"]
        if len(names) > 1:
            raise DefinitionError(f"{self.asset}: reads the raw sources {' and '.join(names)}; write one mart for each source, and join the marts.")
        if names and (self.is_map or self.is_generator):
            raise DefinitionError(f"{self.asset}: only an expression can read a raw source; write a mart for {names[0]}, and read that.")
        return self.layers.find(names[0]) if names else None

    @property
    def sifted(self) -> Upstream | None:
        """The table of which it keeps or rejects each row of the day, if any.

        Raises:
            DefinitionError: the two have not the place of a row, it does not read the other, or it is not an expression.
        """
        if self.sifts is None:
            return None
        if self.sifts not in self.tables or self.is_map or self.is_generator:
            raise DefinitionError(f"{self.asset}: sifts {self.sifts}; only an expression can sift a table, and only one that it reads.")
        if lacking := [name for name in PLACE for columns in (self.contract.columns(), self.schema_of(self.sifts)) if name not in columns]:
            raise DefinitionError(f"{self.asset}: sifts {self.sifts}, and {lacking[0]}, by which their rows are matched, is not a column of both.")
        return self.upstreams[self.tables.index(self.sifts)]

    @property
    def upstreams(self) -> list[Upstream]:
        """The tables that it reads, with their look-back."""
        return [Upstream(f"{self.layers.layer_of(name)}.{name}", self.lookback.get(name, 0)) for name in self.tables]

    @property
    def code(self) -> str:
        """The code version: it changes with the function, the project modules it imports, the way its raw source is read, and the table's libraries."""
        return code_version(*self._modules, libraries=self.libraries)

    @property
    def code_parts(self) -> Mapping[str, str]:
        """What the code version is made from: a hash of each definition and data file, and the value of each setting and library."""
        return code_parts(*self._modules, libraries=self.libraries)

    @property
    def _modules(self) -> tuple[str, ...]:
        """The modules that its code begins with: its own, and its raw source's."""
        return self.function.__module__, *([self.layers.module_of(self.source.name)] if self.source else [])

    @property
    def lineage(self) -> Mapping[str, Sequence[Column]]:
        """For each column, the upstream columns that it is computed from; empty if the rows are computed in Python."""
        if self.is_map or self.is_generator:
            return {}
        if vars(sys.modules[self.function.__module__]).get(self.name) is not self:  # one that was made of another, as tests do
            return column_lineage(cast(ir.Table, self.expression))
        found: Mapping[str, Sequence[Column]] = remembered(
            f"lineage of {self.function.__module__}.{self.name}",
            self.layers.package.split(".")[0],
            lambda: column_lineage(cast(ir.Table, self.expression)),
            may_be_kept=lambda: stays_inside(*self._modules),
        )
        return found

    @cached_property
    def expression(self) -> ir.Table | None:
        """The expression for the rows, or for the rows to score, over unbound tables; None for a generator.

        Raises:
            DefinitionError: the function returns anything else.
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
        """Return the columns of an upstream: as in a table's contract; all text for a raw source."""
        found = self.layers.find(name)
        return ibis.Schema.from_pyarrow(found.contract.arrow_schema() if isinstance(found, Table) else found.schema)


def table(
    *,
    contract: type[Contract],
    lookback: Mapping[str, int | None] | None = None,
    conserves: Mapping[str, Mapping[str, str]] | None = None,
    sifts: str | None = None,
    searches: tuple[str, ...] = (),
    measure: str | None = None,
    scores: Callable[..., ir.Table] | None = None,
    together: tuple[str, ...] = (),
    show: Callable[..., Chart] | None = None,
    kinds: tuple[str, ...] = ("duckdb",),
    libraries: tuple[str, ...] = (),
) -> Callable[[Callable[..., Rows]], Table]:
    """Turn a function into a table. The table is named after the function, its layer after the folder.

    The arguments are those of `Table`.
    """
    return lambda function: Table(function, contract, lookback or {}, conserves or {}, sifts, searches, measure, scores, together, show, kinds, libraries)
