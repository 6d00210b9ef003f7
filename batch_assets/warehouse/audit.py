"""Audit: the checks on staged rows before they are committed. They must obey the contract, be of the requested days, and add up.

Belongs here: the order of the checks that can reject a batch, and what is counted of it. Does not belong here: the contract (`holding.py`), what must
add up (`conservation.py`), how many rows may be rejected (`rejects.py`).
"""

import datetime as dt
from collections.abc import Sequence

from ibis.backends.duckdb import Backend

from ..content import WORDS, batch_hash
from ..engine.canonical import Contents, contents
from ..engine.open_store import contents as contents_of_files
from ..engine.staging import KEPT, REJECTED, schema_of
from ..errors import BreachError
from ..partitions import name_days
from .batch import Batch, Receipt, Target
from .conservation import check_rows_in, check_sums, is_by_place
from .holding import hold
from .rejects import check_share_rejected


def audit(con: Backend, target: Target, days: Sequence[dt.date], receipt: Receipt, measure: str | None) -> list[Batch]:
    """Check the staged batches; return the row counts, hash and total of each, as those tell who have written the rows into files.

    Raises:
        BreachError: the rows break the contract, are of other days, or do not add up.
    """
    handed = receipt.handed
    _check_contract(con, target, days, handed.breaches if handed else None, grain_is_matched=is_by_place(target.contract) and receipt.rows_in is not None)
    batches = _count(con, days, contents_of_files(schema_of(con, KEPT), handed.written) if handed else contents(con, KEPT, measure))
    check_rows_in(con, batches, receipt)
    check_share_rejected(con, target, batches, receipt)
    check_sums(con, receipt.conserved)
    return batches


def _check_contract(con: Backend, target: Target, days: Sequence[dt.date], counted: int | None, *, grain_is_matched: bool) -> None:
    try:
        hold(con, target.contract, KEPT, counted, grain_is_matched=grain_is_matched)
    except BreachError:
        for day in days:
            con.con.execute(f"create or replace temp view _kept_of_day as from {KEPT} where batch_date = '{day}'")
            try:
                hold(con, target.contract, "_kept_of_day")
            except BreachError as breach:
                raise BreachError(f"batch {day} breaks the contract: {breach}. The previous batch, if any, stays published.", day=day) from None
        raise


def _count(con: Backend, days: Sequence[dt.date], counted: Contents) -> list[Batch]:
    rejected = dict(con.con.execute(f"select batch_date, count(*) from {REJECTED} group by batch_date").fetchall())
    if strange := (counted.keys() | rejected.keys()) - set(days):
        raise BreachError(
            f"rows of {', '.join(sorted(map(str, strange)))} among the batches {name_days(days)}. A table returns rows of the requested days only."
        )
    batches: list[Batch] = []
    for day in days:
        kept, content, total = counted[day] if day in counted else (0, batch_hash(schema_of(con, KEPT), 0, [0] * WORDS), None)
        batches.append(Batch(day, kept, rejected.get(day, 0), content, total if total is None else round(float(total), 2)))
    return batches
