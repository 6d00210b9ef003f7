"""Publishing: a table's batches are staged, audited, and committed with their ledger rows in one transaction; then the files follow.

Belongs here: the order of these steps. Does not belong here: where the rows come from (`engine/`), and how a long range is
split into publications (`backfill.py`).
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from ..engine.choice import chosen_engine
from ..engine.reading import Reading
from ..engine.staging import KEPT, schema_of
from ..errors import WarehouseError
from ..ingest.erasures import there
from ..partitions import name_days
from ..table.table import Table
from .artifacts import Artifacts
from .audit import audit
from .batch import Batch, Receipt, Target
from .connection import Warehouse
from .conservation import rows_read, to_conserve
from .files import LAYER, BatchFiles, Stamp, write
from .independence import check_independence
from .ledger import contents, inputs_hash
from .reconcile import settle
from .store import Store


@dataclass(frozen=True)
class Published:
    """The result of a publication.

    Attributes:
        batches: the batches it published.
        unfinished: one message for each file that could not be moved into place; opening the warehouse again retries.
        readings: what was read from the lake.
        inputs: by day and upstream, the hash of the batches read.
    """

    batches: list[Batch]
    unfinished: list[str]
    readings: list[Reading] = field(default_factory=list)
    inputs: Mapping[dt.date, Mapping[str, str]] = field(default_factory=dict)


def publish(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Published:
    """Compute the batches of `days` and publish them, all or none.

    Raises:
        BatchError: the input or the result is invalid. Nothing was changed.
        StorageError: a disk, memory or network error. Nothing was changed.
        WarehouseError: another process published the same, or a customer is erased meanwhile. Nothing was changed.
        DefinitionError: the table computes other rows in a range than for a day alone. Nothing was changed.
    """
    started, erasures = time.monotonic(), there(Path(warehouse.lake))

    def check_nobody_was_erased() -> None:
        """Rows that were read before an erasure must not be published after it; it has looked for them by then."""
        if there(Path(warehouse.lake)) != erasures:
            raise WarehouseError(f"{warehouse.lake}: an erasure began or ended while {table.asset} was made; nothing was written. Run this again.")

    with warehouse.connect() as con, warehouse.store.opened(con.con) as opened:
        known = contents(con, table.upstreams, days)
        inputs = {day: {upstream.asset: inputs_hash(known, upstream, day) for upstream in table.upstreams} for day in days}
        engine = chosen_engine(con, Path(warehouse.lake), Artifacts(Path(warehouse.models)), opened)
        readings = engine.stage(table, days)
        check_independence(engine, table, days)
        for reading in readings:
            inputs[reading.day][f"lake.{reading.source}"] = reading.version
        rows_in, read = rows_read(con, table, days, readings)
        receipt = Receipt(
            run_id=run_id,
            code=table.code,
            inputs=inputs,
            rows_in=rows_in,
            read=read,
            may_keep_none=table.source is not None and table.source.may_be_empty,
            conserved=to_conserve(con, table, days),
            parts=table.code_parts,
            started=started,
            upstreams=table.upstreams,
            readings=readings,
            handed=engine.handed,
        )
        files = Path(warehouse.published) if table.layer == LAYER else None
        target = Target(table.layer, table.name, table.contract, files)
        published = publish_staged(con, warehouse.store, target, days, receipt, table.measure, check_nobody_was_erased)
    if published.unfinished:
        warehouse.let_go()
    return replace(published, readings=readings, inputs=inputs)


def publish_staged(
    con: Backend,
    store: Store,
    target: Target,
    days: Sequence[dt.date],
    receipt: Receipt,
    measure: str | None = None,
    check_last: Callable[[], None] = lambda: None,
) -> Published:
    """Replace the batches of `days` with the staged rows, all or none; what must hold when they are committed is checked last.

    Raises:
        BreachError: the rows break the contract, are of other days, or do not add up. Nothing was changed.
    """
    batches = audit(con, target, days, receipt, measure)
    publication = store.next_publication(con.con)
    files = BatchFiles(target.files, target.name) if target.files else None
    if files:
        columns = list(schema_of(con, KEPT))
        for batch in batches:
            stamp = Stamp(publication, batch.content)
            write(con.con, f"{KEPT} where batch_date = '{batch.day}'", files.staged(batch.day, publication), stamp, columns)
    check_last()
    store.commit(con.con, target, batches, receipt, publication)
    return Published(batches, _settled(con.con, files, days) if files else [])


def _settled(connection: duckdb.DuckDBPyConnection, files: BatchFiles, days: Sequence[dt.date]) -> list[str]:
    """Move the files of batches that were just committed into place; return what went wrong. The batches are published, whatever it is."""
    try:
        return list(settle(connection, files, days))
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        told = f"{name_days(days)} {'is' if len(days) == 1 else 'are'} published in the warehouse, but not all files are in their place"
        return [f"{files.folder}: {told} ({error}). The next run puts them there."]
