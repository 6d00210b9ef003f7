"""The objects of a store on an object store, as they are read by whoever searches all of them. Does not belong here: what they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import duckdb
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSelector, PyFileSystem

from .session import open_session


@dataclass(frozen=True)
class Object:
    """An object.

    Attributes:
        location: the store's URL.
        path: the object, from there on.
        size: its bytes.
    """

    location: str
    path: str
    size: int

    def __str__(self) -> str:
        """Return its URL."""
        return f"{self.location}/{self.path}"

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        opened: IO[bytes] = DeltaStorageHandler(self.location).open_input_file(self.path)
        return opened

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection that reaches the store."""
        return open_session(self.location)


def objects_at(location: str) -> Iterator[Object]:
    """Yield the objects of a store."""
    for found in PyFileSystem(DeltaStorageHandler(location)).get_file_info(FileSelector("", recursive=True)):
        if found.is_file:
            yield Object(location, found.path, found.size)
