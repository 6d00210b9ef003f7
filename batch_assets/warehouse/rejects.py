"""The rejected rows of a batch: why, and whether there are far more of them than usual, so that the file is wrong or the mart, and not the rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import median

from ibis.backends.duckdb import Backend

from ..engine.staging import RAW, REJECTED
from ..errors import BreachError
from ..ingest.formats.format import REPEATED
from ..settings import settings
from .batch import Batch, Receipt, Target

FEW_REJECTED = 0.05
"""Share of rejected rows that is never too large."""
MANY_TIMES = 4
"""So many times the usual share is too large."""
USUAL_BATCHES = 28
"""Batches before one, whose median share is the usual one."""
LEAST_ROWS = 50
"""Rows of a raw file below which its share says nothing."""


def check_share_rejected(con: Backend, target: Target, batches: Sequence[Batch], receipt: Receipt) -> None:
    """Check that not far more rows of a raw file are rejected than of those before it: then the file is wrong, or the mart, and not the rows.

    A table that sifts another may reject any share, since a department may send a whole file again; so may be repeated what a lander got again.

    Raises:
        BreachError: they are, and nobody has accepted it.
    """
    if receipt.read != RAW:
        return
    repeated, rows_in = _repeated(con), receipt.rows_in or {}
    wrong = {batch.day: batch.rejected - repeated.get(batch.day, 0) for batch in batches}
    shares = {day: count / rows for day, count in wrong.items() if (rows := rows_in.get(day)) and rows >= LEAST_ROWS}
    for day, share in sorted(shares.items()):
        if share <= FEW_REJECTED or day in settings.accept_rejects.get(target.asset, ()):
            continue
        usual = median(_shares_before(con, target, day, shares) or [0.0])
        if share > MANY_TIMES * usual:
            raise BreachError(
                f"batch {day}: {share:.1%} of the rows were rejected, and usually {usual:.1%} are: {reasons(con, day)}. "
                "Ask for the right file or mend the mart; if they are rejected rightly, accept it: "
                f'BATCH_ASSETS_ACCEPT_REJECTS=\'{{"{target.asset}": ["{day}"]}}\'',
                day=day,
            )


def _repeated(con: Backend) -> dict[dt.date, int]:
    """Return, by day, how many rows are messages that were delivered again."""
    return dict(con.con.execute(f"select batch_date, count(*) from {REJECTED} where starts_with(reason, '{REPEATED}') group by 1").fetchall())


def _shares_before(con: Backend, target: Target, day: dt.date, coming: Mapping[dt.date, float]) -> list[float]:
    """Return the shares of the last batches before a day, of those that are coming and of those in the ledger."""
    query = f"""select batch_date, rows_rejected / rows_in from quality.batches
        where asset = ? and batch_date < ? and rows_in >= {LEAST_ROWS} order by 1 desc limit {USUAL_BATCHES}"""
    known = dict(con.con.execute(query, [target.asset, day]).fetchall()) | {before: share for before, share in coming.items() if before < day}
    return [known[before] for before in sorted(known, reverse=True)[:USUAL_BATCHES]]


def reasons(con: Backend, day: dt.date) -> str:
    """Tell for which reasons most rows of a batch were rejected. What stands after a colon is of one row alone."""
    rows = con.con.execute(
        f"""select split_part(reason, ': ', 1) as alike, count(*) n, arg_min(source_file || ', line ' || source_line, source_line)
        from {REJECTED} where batch_date = ? group by 1 order by n desc, 1 limit 3""",
        [day],
    ).fetchall()
    return "; ".join(f"{reason} ({n} rows, the first is {first})" for reason, n, first in rows)
