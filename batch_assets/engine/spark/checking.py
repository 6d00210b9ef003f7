"""Checks of a batch where it lies: what no worker sees in its own portion of the rows is counted by Spark, in the files that all of them wrote.

Only whether there is anything to tell is known of it; what there is, is then found by the process that publishes. Does not belong here:
what stops a batch (`warehouse/audit.py`).
"""

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

import ibis

from ...table.contract import Contract
from ...table.table import PLACE, REJECT, Table
from ..breaches import not_finite, of_rows, rows_with, unique
from ..making import of_days
from ..open_store import Written
from ..staging import KEPT
from .session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_WRITTEN, _REJECTED = "_written", "_rejected"


def counted_by_portions(contract: type[Contract], made: ibis.Schema) -> Sequence[str] | None:
    """Return what counts breaches of a contract in a portion of the rows, as DuckDB's SQL; None if that cannot tell of all, as if the columns are others."""
    kinds = {name: kind.copy(nullable=True) for name, kind in kept_columns(made).items()}
    counts = of_rows(contract, KEPT)
    if counts is None or kinds != {name: column.type.copy(nullable=True) for name, column in contract.columns().items()}:
        return None
    return [rows_with(not_finite(contract).values()), *counts]


def kept_columns(made: ibis.Schema) -> ibis.Schema:
    """Return the columns of the rows that are kept, of those that a table's function makes."""
    return ibis.schema({name: kind for name, kind in made.items() if name != REJECT})


def repeats(contract: type[Contract], table: str, written: Sequence[Written]) -> int:
    """Return how many times a grain, or a value that should be there once, is there more than once."""
    if not written:
        return 0
    _rows(table, written).createOrReplaceTempView(_WRITTEN)
    keys = [(", ".join(f"`{name}`" for name in contract.grain()), "true"), *((f"`{name}`", f"`{name}` is not null") for name in unique(contract))]
    return sum(_count(f"select 1 from {_WRITTEN} where {which} group by {key} having count(*) > 1") for key, which in keys)


def lost(table: Table, days: Sequence[dt.date], folder: str, written: Sequence[Written], rejected: Sequence[str]) -> int | None:
    """Return how many rows that a table has to keep or reject it has neither kept nor rejected, by their place; None if it need not do so."""
    read = table.source.name if table.source else table.sifted.asset.split(".")[1] if table.sifted else None
    if read is None:
        return None
    place = ", ".join(("batch_date", *PLACE))
    made = ([_rows(folder, written)] if written else []) + ([session().read.parquet(*rejected)] if rejected else [])
    asked = of_days(f"select {place} from `{read}`", days)
    if not made:
        return _count(asked)
    reduce(lambda one, other: one.unionAll(other), (rows.selectExpr(*place.split(", ")) for rows in made)).createOrReplaceTempView(_WRITTEN)
    return _count(f"select 1 from ({asked}) left anti join {_WRITTEN} using ({place})")


def _rows(table: str, written: Sequence[Written]) -> "DataFrame":
    """Return the rows of files; the day is not in a file, but in its path."""
    by_day = groupby(sorted(written, key=lambda file: file.day), key=lambda file: file.day)
    frames = [session().read.parquet(*(f"{table}/{file.path}" for file in files)).selectExpr("*", f"date '{day}' as batch_date") for day, files in by_day]
    return reduce(lambda one, other: one.unionAll(other), frames)


def _count(query: str) -> int:
    return int(session().sql(f"select count(*) as found from ({query})").toArrow()["found"][0].as_py())
