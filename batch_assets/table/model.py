"""What tables know of trained models: a version that is in force, and the store of versions. Where they are kept is `warehouse/artifacts.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

FILES = "files"
"""The column of a model's table that has the hash of a version's files."""


@dataclass(frozen=True)
class Version:
    """A version of a model that is in force. Two are equal if model, version and the files' hash are.

    Attributes:
        model: the model's table.
        version: its version, a hash of all that it was made from.
        row: the columns of its row in the model's table, but for `batch_date`.
        files: its files' texts, by name.
        files_hash: the hash that its row has of its files; None if the model's table has no column `files`.
    """

    model: str
    version: str
    row: Mapping[str, Any] = field(compare=False, repr=False)
    files: Mapping[str, str] = field(compare=False, repr=False)
    files_hash: str | None = None


class ModelStore(Protocol):
    """Where versions are kept: each is a set of files, written whole and never changed."""

    def has(self, model: str, version: str) -> bool:
        """Say whether a version was trained."""
        ...

    def put(self, model: str, version: str, files: Mapping[str, str]) -> None:
        """Keep the files of a version, all of them or none; a version that is there already stays as it is."""
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
