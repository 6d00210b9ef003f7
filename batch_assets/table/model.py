"""What tables know about trained models: the version in force, and the store of versions (kept by `warehouse/artifacts.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Version:
    """The version of a model that is in force. Two are equal if model and version are equal.

    Attributes:
        model: the model's table.
        version: a hash of everything that it was trained from.
        row: the columns of its row in the model's table, except `batch_date`.
        files: the contents of its files, by name.
    """

    model: str
    version: str
    row: Mapping[str, Any] = field(compare=False, repr=False)
    files: Mapping[str, str] = field(compare=False, repr=False)


class ModelStore(Protocol):
    """Where versions are kept. Each is a set of files, written atomically and never changed."""

    def has(self, model: str, version: str) -> bool:
        """Say whether a version exists."""
        ...

    def put(self, model: str, version: str, files: Mapping[str, str]) -> None:
        """Store the files of a version, all or none; an existing version is left as it is."""
        ...

    def get(self, model: str, version: str, name: str) -> str:
        """Return the contents of one file of a version."""
        ...

    def all(self, model: str, version: str) -> dict[str, str]:
        """Return the contents of all files of a version, by name."""
        ...
