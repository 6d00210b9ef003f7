"""Where things are: a source or table is found by its file in a layer's folder, so nothing needs to be registered.

Belongs here: names, files and modules. Does not belong here: what a source or a table is (`graph.py` returns them typed).
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import DefinitionError

LAYERS = ("lake", "marts", "features", "models", "predictions")
"""The layers, in order. Each is a folder, an asset group, a key prefix and a database schema."""

TODAY = "today"
"""The folder of what is seen of a day while it lasts. It is no layer: nothing can be made from what is in it."""


@dataclass(frozen=True)
class Layers:
    """The layer folders of one package.

    Attributes:
        package: name of the package, such as `batch_assets`.
    """

    package: str

    @cache  # noqa: B019 - one instance per package with a graph: one or two in all
    def layer_of(self, name: str) -> str:
        """Return the layer of a source or table.

        Raises:
            DefinitionError: no file has that name, or more than one does.
        """
        found = [layer for layer in LAYERS if (self._root / layer / f"{name}.py").exists()]
        if len(found) != 1:
            where = f"in {' and '.join(found)}" if found else "in no layer's folder"
            raise DefinitionError(f"{name}: a file {name}.py is {where} of {self.package}; an upstream is named after its file, and names are unique.")
        return found[0]

    def module_of(self, name: str) -> str:
        """Return the module of a source or table."""
        return f"{self.package}.{self.layer_of(name)}.{name}"

    def find(self, name: str) -> Any:
        """Return the source or table of that name."""
        return getattr(import_module(self.module_of(name)), name)

    def names(self, folder: str) -> list[str]:
        """Return the module names in a folder of the package; a file that begins with `_` is a helper and does not count."""
        return sorted(path.stem for path in (self._root / folder).glob("[!_]*.py"))

    @property
    def _root(self) -> Path:
        return _folder(self.package)


@cache
def _folder(package: str) -> Path:
    try:
        spec = find_spec(package)
    except ModuleNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise DefinitionError(
            f"there is no package {package}; the setting graph names the package that has the folders {', '.join(LAYERS)}. "
            "Install it in this environment, or put the folder that it lies in on PYTHONPATH."
        )
    return Path(next(iter(spec.submodule_search_locations)))
