"""A table that reads a stream, as a query that runs while its day lasts: Spark's structured streaming takes segments as they land.

The rows are made by the table's own expression, which must be of each line alone. Spark notes in a checkpoint which segments it takes, and names
the files of their rows when all of them are there; so a query that is killed goes on where it was. The segments must be of a topic: what a killed
lander leaves of one is written again with the same bytes. What it leaves of a subscription is removed, and may have been taken.

Belongs here: the query, and its rows when the day is closed. Does not belong here: lines that are no rows, which are the batch's, and publishing.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import DefinitionError, LakeError
from ...ingest.lakefile import LakeFile
from ...settings import settings
from ...table.table import REJECT, Table
from ..making import of_days
from .compile import compiled
from .failures import told_plainly
from .ibis_private import type_name
from .session import session

if TYPE_CHECKING:
    from pyspark.sql.streaming import StreamingQuery

ROWS, CHECKPOINT = "rows", "checkpoint"
"""The folders of a query's rows and of what it notes."""

_FILES = "path string, modificationTime timestamp, length long, content binary"
"""How Spark has a file as a row; without `content`, it is not opened."""

_MOST_FILES = 64
"""Segments that are taken at once."""


def follow(table: Table, lake: Path, day: dt.date, folder: Path, every: str = "1 minute") -> "StreamingQuery":
    """Begin the query of a table's rows of a day, or go on with it; it runs until it is stopped.

    Args:
        table: the table, which reads a source that comes by a topic, and nothing else.
        lake: the lake's folder, which Spark's workers reach.
        day: the batch day.
        folder: the folder for the rows and for what the query notes, which they reach, too.
        every: how often it looks for segments.

    Raises:
        DefinitionError: the table reads anything else, or its expression cannot be made on Spark.
        EngineError: Spark refuses to make it of a stream, since it is not of each line alone.
    """
    with told_plainly(table, [day]):
        return _started(table, lake, day, folder, processingTime=every)


def rows_of_the_day(table: Table, lake: Path, day: dt.date, folder: Path) -> pa.Table:
    """Return the rows of a day that is closed, without those that the table rejects; segments that were not taken yet are taken before.

    Raises:
        LakeError: the day is not closed, or segments were taken that are not of the day.
        EngineError: Spark failed the query.
    """
    source = _streamed(table)
    if not source.path(lake, day).exists():
        raise LakeError(f"{source.path(lake, day)}: is not there, so {day} is not over. Its rows are asked for when the lander has closed it.", day=day)
    named = {str(path.relative_to(lake)) for path in source.files(lake, day)}
    with told_plainly(table, [day]):
        _started(table, lake, day, folder, availableNow=True).awaitTermination()
        rows = session().read.parquet(str(folder / ROWS)).toArrow()
    if strange := sorted(set(rows["source_file"].to_pylist()) - named):
        mark = source.path(lake, day)
        raise LakeError(f"{folder}: has rows of {', '.join(strange[:5])}, which {mark} does not name. Remove the folder, and begin the query anew.", day=day)
    columns = table.contract.arrow_schema()
    return rows.filter(pc.is_null(rows[REJECT])).select(columns.names).cast(columns)


def _started(table: Table, lake: Path, day: dt.date, folder: Path, **trigger: Any) -> "StreamingQuery":
    source = _streamed(table)
    segments = lake / source.pattern.format(day=day)
    options = {"pathGlobFilter": segments.name, "maxFilesPerTrigger": str(_MOST_FILES)}
    files = session().readStream.format("binaryFile").schema(_FILES).options(**options).load(str(segments.parent))
    columns = ", ".join(f"`{name}` {type_name(kind)}" for name, kind in ibis.schema(source.schema).items())
    read = _Read(source, lake, day, settings.pseudonym_salt)
    files.select("path").mapInArrow(read, columns).createOrReplaceTempView(source.name)
    rows = session().sql(of_days(compiled(table), [day]))
    return rows.writeStream.format("parquet").options(path=str(folder / ROWS), checkpointLocation=str(folder / CHECKPOINT)).trigger(**trigger).start()


def _streamed(table: Table) -> LakeFile:
    """Return a table's source in the form in which it comes by a stream.

    Raises:
        DefinitionError: the table reads no such source, or something else, too.
    """
    streamed = table.source.streams if table.source else ()
    if not streamed or table.tables:
        raise DefinitionError(f"{table.asset}: cannot be made of a stream, since it does not read one, and nothing else.")
    return streamed[0]


@dataclass(frozen=True)
class _Read:
    """What goes to the workers: where segments are, and how they become rows. Who is erased is known by the secret alone."""

    source: LakeFile
    lake: Path
    day: dt.date
    secret: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        settings.pseudonym_salt = self.secret
        folder = (self.lake / self.source.pattern.format(day=self.day)).parent
        for batch in batches:
            for path in batch["path"].to_pylist():
                yield from self.source.read(self.lake, folder / path.rpartition("/")[2], self.day, lambda refused: None)
