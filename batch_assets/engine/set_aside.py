"""Rows that are set aside while others stream through: a few in memory, and many in a temporary file, so that memory stays bounded."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any

import pyarrow as pa

ROWS_IN_MEMORY = 20_000
CHARACTERS_IN_MEMORY = 8 << 20


class SetAside:
    """Rows of text and numbers, added one by one and read once, in their order; a context that removes its file."""

    def __init__(self, schema: pa.Schema) -> None:
        """Set aside rows of these columns."""
        self._schema = schema
        self._rows: list[Mapping[str, object]] = []
        self._characters = 0
        self._file: IO[bytes] | None = None
        self._writer: Any = None

    def __enter__(self) -> "SetAside":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, row: Mapping[str, object]) -> None:
        """Set a row aside."""
        self._rows.append(row)
        self._characters += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(self._rows) >= ROWS_IN_MEMORY or self._characters >= CHARACTERS_IN_MEMORY:
            self._put_down()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows."""
        if self._file:
            self._writer.close()
            self._file.seek(0)
            yield from pa.ipc.open_stream(self._file)
        yield self._in_memory()

    def _put_down(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - this context closes it
            self._writer = pa.ipc.new_stream(self._file, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))
        self._writer.write_batch(self._in_memory())
        self._rows, self._characters = [], 0

    def _in_memory(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_pylist(self._rows, schema=self._schema)
