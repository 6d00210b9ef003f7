"""What a store keeps that is no file of this machine, for whoever must look at all of it. Does not belong here: which store keeps any (`store.py`)."""

from typing import IO, Protocol

import duckdb


class Stored(Protocol):
    """An object on an object store; as a text, it is its URL."""

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        ...

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection that can read it, by its URL."""
        ...
