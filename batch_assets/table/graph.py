"""The graph: every source and table in the layer folders of one package."""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module

from ..errors import DefinitionError
from ..ingest.lakefile import LakeFile
from ..settings import settings
from .layers import LAYERS, TODAY, Layers
from .table import Table


class Graph:
    """The sources and tables of one package."""

    def __init__(self, package: str) -> None:
        """Read the layer folders of a package."""
        self.layers = Layers(package)

    def source(self, name: str) -> LakeFile:
        """Return the raw source of that name."""
        found: LakeFile = self.layers.find(name)
        return found

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        found: Table = self.layers.find(name)
        return found

    def sources(self) -> Iterator[LakeFile]:
        """Yield every raw source, by name."""
        return map(self.source, self.layers.names("lake"))

    def tables(self) -> Iterator[Table]:
        """Yield every table: by layer, then by name."""
        for layer in LAYERS[1:]:
            yield from map(self.table, self.layers.names(layer))

    def today(self) -> Iterator[Table]:
        """Yield every table of the day that lasts, by name. No other table reads one, so they are not among `tables`."""
        for name in self.layers.names(TODAY):
            yield getattr(import_module(f"{self.layers.package}.{TODAY}.{name}"), name)

    def in_order(self) -> list[Table]:
        """Return all tables in topological order: each comes after those that it reads."""
        known = {table.name: table for table in self.tables()}
        reads = {name: table.tables for name, table in known.items()}
        return [known[name] for name in TopologicalSorter(reads).static_order()]

    def with_upstreams(self, names: list[str]) -> list[Table]:
        """Return the named tables and everything that they read, in topological order.

        Raises:
            DefinitionError: no table has one of the names.
        """
        known = {table.name: table for table in self.tables()}
        if unknown := sorted(set(names) - set(known)):
            raise DefinitionError(f"there is no table {', '.join(unknown)}; the tables are {', '.join(sorted(known))}.")
        wanted, waiting = set[str](), [*names]
        while waiting:
            name = waiting.pop()
            if name not in wanted:
                wanted.add(name)
                waiting += known[name].tables
        return [table for table in self.in_order() if table.name in wanted]


def configured_graph() -> Graph:
    """Return the graph of the package named by the setting `graph`."""
    return Graph(settings.graph)
