"""What stands in the store, as Spark reads it there: the files that the table's log names, and no others that lie beside them.

Spark takes the day from a file's path. The engine that is embedded does not, but it reads Delta's log itself, and all files in one part: in several,
it fails to plan some unions. Does not belong here: rows that
have to be brought to Spark (`transit.py`).
"""

import datetime as dt
from typing import TYPE_CHECKING

import ibis

from ...settings import EMBEDDED, settings
from ..open_store import Standing
from ..quoting import between
from .ibis_private import type_name
from .session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def standing(table: Standing, schema: ibis.Schema, first: dt.date, last: dt.date) -> "DataFrame":
    """Return a table's rows of some days."""
    if not table.files:
        nulls = ", ".join(f"cast(null as {type_name(kind)}) as `{name}`" for name, kind in schema.items())
        return session().sql(f"select {nulls} limit 0")
    if settings.spark == EMBEDDED:
        rows = in_one_part(session().read.format("delta").option("versionAsOf", str(table.version)).load(table.table))
    else:
        rows = session().read.option("basePath", table.table).parquet(*table.files)
    return rows.where(between(first, last))


def in_one_part(rows: "DataFrame") -> "DataFrame":
    """Return the rows of several files as the embedded engine has to read them; other engines read the files apart."""
    return rows.coalesce(1) if settings.spark == EMBEDDED else rows
