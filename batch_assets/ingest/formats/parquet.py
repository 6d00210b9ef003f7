"""Parquet, a columnar format. A row's position is its number in the file, from 1; values become text as Arrow writes them."""

import io
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import in_short
from .format import Block, FormError, Refuse

ROWS_AT_ONCE = 1 << 16


class Parquet:
    """A Parquet file with exactly the expected columns, all of scalar types. Reference: parquet.apache.org."""

    seeks = True
    nothing = None
    stand_in = "erased on request"

    def emptied(self, content: bytes, columns: tuple[str, ...], fields: Collection[str], rows: Collection[int], refused: Collection[int]) -> bytes:
        """Return a file in which some rows have null in some columns. No single row is ever refused."""
        table = pq.read_table(io.BytesIO(content))
        goes = pa.array([number in rows for number in range(1, table.num_rows + 1)])
        for name in fields:
            place, column = table.schema.get_field_index(name), table[name]
            table = table.set_column(place, name, pc.if_else(goes, pa.scalar(None, column.type), column))
        written = io.BytesIO()
        pq.write_table(table, written)
        return written.getvalue()

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows. A file is valid or corrupt as a whole, so no single row is rejected."""
        first = 1
        with _told_plainly():
            file = pq.ParquetFile(stream, page_checksum_verification=True)
            _check_columns(file.schema_arrow, columns)
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(columns)):
                lines = pa.array(range(first, first + len(batch)), pa.int64())
                first += len(batch)
                yield Block(lines, [batch.column(name).cast(pa.string()) for name in columns])

    def count(self, stream: BinaryIO) -> int:
        """Return the number of rows according to the file's footer."""
        with _told_plainly():
            return int(pq.ParquetFile(stream).metadata.num_rows)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Turn Arrow's errors into one-line messages."""
    try:
        yield
    except (pa.ArrowException, OSError) as broken:
        raise FormError(f"cut off or damaged ({in_short(' '.join(str(broken).split()))})") from broken


def _check_columns(found: pa.Schema, columns: tuple[str, ...]) -> None:
    missing, extra = sorted(set(columns) - set(found.names)), sorted(set(found.names) - set(columns))
    told = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra)
    told += [f"{name} appears {times} times" for name, times in Counter(found.names).items() if times > 1]
    told += [f"{field.name} is of type {field.type}, which cannot be read as text" for field in found if not _has_text(field.type)]
    if told:
        raise FormError(f"the columns changed: {in_short('; '.join(told))}")


def _has_text(kind: pa.DataType) -> bool:
    is_bytes = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return not pa.types.is_nested(kind) and not any(check(kind) for check in is_bytes)
