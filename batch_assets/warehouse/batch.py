"""The parts of a publication: the table, what its batches were computed from, and what each batch holds."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ..engine.open_store import HandedOver
from ..engine.reading import Reading
from ..engine.staging import RAW
from ..table.contract import Contract
from ..table.table import Upstream

ERASURE = "erasure"
"""What the ledger names an erasure by among what a batch was made from, if rows about a customer were taken out of it."""


@dataclass(frozen=True)
class Target:
    """The table to publish.

    Attributes:
        layer: its layer, which is also its database schema.
        name: its name.
        contract: the rules for every kept row.
        files: the folder where each batch is also published as a Parquet file, for readers that must never wait for a lock.
    """

    layer: str
    name: str
    contract: type[Contract]
    files: Path | None = None

    @property
    def asset(self) -> str:
        """The table's full name."""
        return f"{self.layer}.{self.name}"


@dataclass(frozen=True)
class Conserved:
    """A column of an aggregate that must add up to what it was made from.

    Attributes:
        column: the aggregate's column.
        of: the upstream's column, `table.column`.
        totals: by day, what that one adds up to.
    """

    column: str
    of: str
    totals: Mapping[dt.date, int | Decimal]


@dataclass(frozen=True)
class Receipt:
    """What the batches were computed from.

    Attributes:
        run_id: the Dagster run.
        code: the table's code version.
        inputs: by day and upstream, the hash of the batches read.
        rows_in: by day, the number of rows read; None for a table that may keep or leave out what it likes.
        read: the relation that has these rows.
        may_keep_none: whether a batch may be published with no accepted rows, as for a source with few rows a day.
        conserved: what must add up.
        parts: what the code version is made from, by name.
        started: when the publication began, by the clock `time.monotonic`.
        upstreams: the tables that were read, with their look-back.
        readings: what was read from the lake.
        handed: what workers tell who have written the accepted rows into the store; None if they are staged.
    """

    run_id: str
    code: str
    inputs: Mapping[dt.date, Mapping[str, str]]
    rows_in: Mapping[dt.date, int] | None = None
    read: str = RAW
    may_keep_none: bool = False
    conserved: Sequence[Conserved] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    started: float | None = None
    upstreams: Sequence[Upstream] = ()
    readings: Sequence[Reading] = ()
    handed: HandedOver | None = None


@dataclass(frozen=True)
class Batch:
    """What one published batch holds: the number of rows kept and rejected, the hash of the kept rows, and the total of a column."""

    day: dt.date
    kept: int
    rejected: int
    content: str
    total: float | None = None
