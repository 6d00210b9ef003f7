"""Conservation: every row that was read is kept or rejected, once, matched by its place, and an aggregate's sums are those of what it was made from."""

import datetime as dt
from collections.abc import Sequence

from ibis.backends.duckdb import Backend

from ..engine.quoting import among, quoted
from ..engine.reading import Reading
from ..engine.staging import KEPT, RAW, REJECTED
from ..errors import BreachError, DefinitionError
from ..table.contract import MOST_BREACHES, Contract
from ..table.table import Table
from .batch import Batch, Conserved, Receipt
from .rejects import reasons

ONCE = "A table that reads the lake, or sifts another, must return every input row exactly once, with a reject_reason if it is not accepted."
_PLACE = "batch_date, source_file, source_line"
_MADE = f"select {_PLACE} from {KEPT} union all select {_PLACE} from {REJECTED}"


def to_conserve(con: Backend, table: Table, days: Sequence[dt.date]) -> list[Conserved]:
    """Return what an aggregate's columns must add up to, by what they are made from.

    Raises:
        DefinitionError: a column is a float, whose sum depends on the order of the rows.
    """
    found: list[Conserved] = []
    for upstream, pairs in table.conserves.items():
        floats = {f"{upstream}.{summed}" for summed in pairs.values() if table.schema_of(upstream)[summed].is_floating()}
        floats |= {made for made in pairs if table.contract.columns()[made].type.is_floating()}
        if floats:
            raise DefinitionError(f"{table.asset}: conserves {', '.join(sorted(floats))}, a float. Its sum is not exact: make it whole numbers or decimals.")
        sums = ", ".join(f"sum({quoted(summed)})" for summed in pairs.values())
        asset = f'{table.layers.layer_of(upstream)}."{upstream}"'
        rows = con.con.execute(f"select batch_date, {sums} from {asset} where batch_date in (select unnest(?::date[])) group by 1", [list(days)]).fetchall()
        for place, (made, summed) in enumerate(pairs.items(), 1):
            found.append(Conserved(made, f"{upstream}.{summed}", dict.fromkeys(days, 0) | {row[0]: row[place] or 0 for row in rows}))
    return found


def rows_read(con: Backend, table: Table, days: Sequence[dt.date], readings: Sequence[Reading]) -> tuple[dict[dt.date, int] | None, str]:
    """Return how many rows a table has to keep or reject by day, and the relation that has them; None if it need not do so."""
    if table.source:
        return {reading.day: reading.rows for reading in readings}, RAW
    if table.sifted is None:
        return None, RAW
    layer, name = table.sifted.asset.split(".")
    of_days = f'(from {layer}."{name}" where {among(days)})'
    counted = con.con.execute(f"select batch_date, count(*) from {of_days} group by 1").fetchall()
    return dict.fromkeys(days, 0) | dict(counted), of_days


def is_by_place(contract: type[Contract]) -> bool:
    """Say whether a row's grain is its place, so that rows which are matched by it are there once."""
    return sorted(contract.grain()) == sorted(_PLACE.split(", "))


def check_rows_in(con: Backend, batches: Sequence[Batch], receipt: Receipt) -> None:
    """Check that each row that was read was kept or rejected, once.

    Raises:
        BreachError: a row is lost or doubled, or none of a batch was accepted.
    """
    if receipt.rows_in is not None and not (receipt.handed and receipt.handed.lost == 0):
        _check_places(con, receipt.read)
    for batch in batches:
        rows_in = receipt.rows_in[batch.day] if receipt.rows_in is not None else None
        if rows_in is not None and rows_in != batch.kept + batch.rejected:
            raise BreachError(
                f"batch {batch.day}: {rows_in} rows were read, {batch.kept} kept and {batch.rejected} rejected{_too_often(con)}. {ONCE}",
                day=batch.day,
            )
        if rows_in and not batch.kept and not receipt.may_keep_none:
            told = reasons(con, batch.day)
            raise BreachError(f"batch {batch.day}: none of the {rows_in} rows was accepted: {told}. Is it the right file?", day=batch.day)


def _check_places(con: Backend, read: str) -> None:
    """Check that each row that was read is in what was made of them, by its place; with as many rows made as read, each is there once.

    Raises:
        BreachError: a row is lost; the message also names those that are there twice in its stead, or come from nowhere.
    """
    lost = con.con.execute(f"select {_PLACE} from {read} anti join ({_MADE}) using ({_PLACE}) order by all limit {MOST_BREACHES + 1}").fetchall()
    if not lost:
        return
    day = lost[0][0]
    raise BreachError(f"batch {day}: {_places(lost)} of the rows that were read is neither kept nor rejected{_too_often(con)}. {ONCE}", day=day)


def _too_often(con: Backend) -> str:
    """Name the places of rows that were made more than once."""
    doubled = con.con.execute(f"select {_PLACE} from ({_MADE}) group by all having count(*) > 1 order by all limit {MOST_BREACHES + 1}").fetchall()
    return f"; {_places(doubled)} is there more than once" if doubled else ""


def _places(rows: Sequence[tuple[dt.date, str, int]]) -> str:
    """Name a few places of rows."""
    told = [f"{file}, line {line}" for _, file, line in rows[:MOST_BREACHES]]
    return "; ".join(told) + " and more" * (len(rows) > MOST_BREACHES)


def check_sums(con: Backend, conserved: Sequence[Conserved]) -> None:
    """Check that an aggregate's columns add up to what they are made from.

    Raises:
        BreachError: one does not.
    """
    if not conserved:
        return
    sums = ", ".join(f"sum({quoted(each.column)})" for each in conserved)
    found = {day: totals for day, *totals in con.con.execute(f"select batch_date, {sums} from {KEPT} group by 1").fetchall()}
    for place, each in enumerate(conserved):
        for day, expected in each.totals.items():
            total = (found[day][place] if day in found else None) or 0
            if total != expected:
                raise BreachError(f"batch {day}: {each.column} adds up to {total}, and {each.of}, which it is made from, to {expected}.", day=day)
