"""What tables know about trained models: the version in force, and the store of versions (kept by `warehouse/artifacts.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

VERSION = "version"
"""The column of a model's table that has the version in force."""

FILES = "files"
"""The column of a model's table that has the hash of a version's files."""


@dataclass(frozen=True)
class Version:
    """The version of a model that is in force. Two are equal if model, version and the files' hash are equal.

    Attributes:
        model: the model's table.
        version: a hash of everything that it was trained from.
        row: the columns of its row in the model's table, except `batch_date`.
        files: the contents of its files, by name.
        files_hash: the hash that its row has of its files; None if the model's table has no column `files`.
    """

    model: str
    version: str
    row: Mapping[str, Any] = field(compare=False, repr=False)
    files: Mapping[str, str] = field(compare=False, repr=False)
    files_hash: str | None = None


class ModelStore(Protocol):
    """Where versions are kept. Each is a set of files, written atomically and never changed."""

    def has(self, model: str, version: str) -> bool:
        """Say whether a version exists."""
        ...

    def put(self, model: str, version: str, files: Mapping[str, str]) -> None:
        """Store the files of a version, all or none; an existing version is left as it is."""
        ...

    def get(self, model: str, version: str, name: str) -> str:
        """Return a file of a version, checked against what was kept."""
        ...

    def all(self, model: str, version: str, files: str | None = None) -> dict[str, str]:
        """Return all files of a version, by name, checked against what was kept and against a hash of them all."""
        ...

    def files_hash(self, model: str, version: str) -> str:
        """Return the hash of a version's files: a model's table has it in its column `files`, by which they are checked when they are read."""
        ...
