"""Where things are: a table or a source is found by its file, so nothing is registered anywhere."""

from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DefinitionError
from ..ingest.lakefile import LakeFile

if TYPE_CHECKING:
    from .table import Table

_PACKAGE = Path(__file__).parents[1]

LAYERS = ("lake", "marts", "features", "models", "predictions")
"""The layers, from raw to ready: each is a folder, an asset group, a key prefix and a schema."""


@cache
def layer_of(name: str) -> str:
    """Return the layer of a source or table.

    Raises:
        DefinitionError: no file, or more than one, has that name.
    """
    found = [layer for layer in LAYERS if (_PACKAGE / layer / f"{name}.py").exists()]
    if len(found) != 1:
        where = f"in {' and '.join(found)}" if found else "in no layer's folder"
        raise DefinitionError(f"{name}: a file {name}.py is {where}; an upstream's name is its file's, and names are unique.")
    return found[0]


def module_of(name: str) -> str:
    """Return the module of a source or table."""
    return f"{_PACKAGE.name}.{layer_of(name)}.{name}"


def lake_file(name: str) -> LakeFile:
    """Return the raw source of that name."""
    return getattr(import_module(module_of(name)), name)


def find_table(name: str) -> "Table":
    """Return the table of that name."""
    return getattr(import_module(module_of(name)), name)


def sources() -> Iterator[LakeFile]:
    """Yield every raw source, by name."""
    for name in _names("lake"):
        yield lake_file(name)


def tables() -> Iterator["Table"]:
    """Yield every table: by layer, then by name."""
    for layer in LAYERS[1:]:
        for name in _names(layer):
            yield find_table(name)


def in_order() -> list["Table"]:
    """Return every table after those that it reads."""
    known = {table.name: table for table in tables()}
    reads = {name: table.tables for name, table in known.items()}
    return [known[name] for name in TopologicalSorter(reads).static_order()]


def _names(layer: str) -> list[str]:
    return sorted(path.stem for path in (_PACKAGE / layer).glob("[!_]*.py"))
