"""Parts: the rows to score of a map that gets whole groups are put in order, which DuckDB does in memory, so a large day is cut between groups.

Belongs here: where to cut. Does not belong here: reading a part (`duckdb.py`).
"""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from ibis.backends.duckdb import Backend

from ..table.table import Table

ORDERED_AT_ONCE = 1 << 19
"""The number of rows, about, that are put in order at once."""


def parts(con: Backend, table: Table, days: Sequence[dt.date]) -> list[str]:
    """Return conditions, as SQL, of which each row to score meets one, and all rows of a group the same.

    A part begins with a value of the last column of `together`; how often an upstream has each value says which. DuckDB applies a comparison with
    a constant to both sides of a join by that column, so no more than a part is ever joined.

    Args:
        con: a connection with a view of each upstream.
        table: the map.
        days: the days to score.
    """
    column = table.together[-1] if table.together else None
    source = next((name for name in table.tables if column in table.schema_of(name)), None)
    if source is None:
        return ["true"]
    counted = f'select "{column}" as value, count(*) as rows from "{source}" where batch_date in (select unnest(?::date[])) group by 1'
    placed = f"select value, (sum(rows) over (order by value) - rows) // {ORDERED_AT_ONCE} as part from ({counted}) where value is not null"
    first = f"select min(value)::varchar, any_value(typeof(value)) from ({placed}) group by part order by min(value)"
    begins = con.con.execute(first, [list(days)]).fetchall()[1:]
    if not begins:
        return ["true"]
    bounds = [f'"{column}" >= ' + f"'{text}'::{kind}" for text, kind in ((value.replace("'", "''"), kind) for value, kind in begins)]
    return [f"not {bounds[0]}", *(f"{low} and not {high}" for low, high in pairwise(bounds)), bounds[-1], f'"{column}" is null']
