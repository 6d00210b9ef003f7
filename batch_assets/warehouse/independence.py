"""A range gives the rows of its days: a day of it is made again, alone, and must come out the same.

In a range a table receives the days of all its batches; one that forgets to tell them apart would know days that come
later. Belongs here: which days are made again, and what is told if they differ.
"""

import datetime as dt
from collections.abc import Sequence

from ..engine.making import Engine
from ..errors import DefinitionError
from ..partitions import name_days
from ..table.table import Table


def check_independence(engine: Engine, table: Table, days: Sequence[dt.date]) -> None:
    """Check that what was staged for a range is what each of its days makes alone.

    A day in the middle suffices: the range shows it days that come after it, and days before its look-back. Of two days both are
    made again: the first has none before its look-back, and the last none that come after it.

    Raises:
        DefinitionError: it is not.
    """
    for day in [] if len(days) == 1 else days if len(days) == 2 else [days[len(days) // 2]]:
        if _differ(engine, table, day):
            raise DefinitionError(
                f"batch {day}: in the range {name_days(days)}, {table.asset} makes other rows of this day than of this day alone. In a range it "
                "receives the days of all its batches. Let each row depend on its own batch day: take `days`, join the upstreams with it where "
                "their batch_date is days.batch_date or within the look-back before it, and group, rank and number rows by batch_date. "
                "(Or its rows depend on chance, on their order or on the clock.) Nothing of the range was published."
            )


def _differ(engine: Engine, table: Table, day: dt.date) -> bool:
    """Say whether a day's rows differ; not if a column has a type that no contract has, which the audit tells."""
    try:
        return engine.content_alone(table, day) != engine.content(day)
    except DefinitionError:
        return False
