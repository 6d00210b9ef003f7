"""The catalog: every source and table with its grain, inputs and columns, and every check, as Markdown generated from the code.

Belongs here: the catalog's layout, and inserting it between the markers in a file. Does not belong here: any text about a
table; that is in its docstring and contract. `make catalog` updates `docs/catalog.md`.
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path

from ..ingest.lakefile import LakeFile
from ..table.graph import Graph, configured_graph
from ..table.layers import LAYERS, TODAY
from ..table.table import Table
from .markdown import put_between

BEGIN, END = "<!-- catalog:begin -->", "<!-- catalog:end -->"

_GRAIN = " Grain: "


def catalog() -> str:
    """Return the catalog: a lineage graph, an overview of each layer, and the columns of each source and table."""
    graph = configured_graph()
    entries: list[LakeFile | Table] = [*graph.sources(), *graph.tables(), *graph.today()]
    parts = [_graph(entries)]
    for layer in (*LAYERS, TODAY):
        members = [entry for entry in entries if _layer(entry) == layer]
        if members:
            parts += [f"## {layer}", _overview(members), *map(_columns, members)]
    checks = [[f"**{name}**", _text(sentence)] for name, sentence in _checks(graph)]
    if checks:
        parts += ["## checks", _markdown(("name", "what must hold"), checks)]
    return "\n\n".join(parts)


def renewed(text: str) -> str:
    """Return a text with the catalog between its markers updated.

    Raises:
        ValueError: the text does not contain each marker once, in order.
    """
    return put_between(text, BEGIN, END, catalog())


def main(arguments: Sequence[str] | None = None) -> int:
    """Update the catalog in a file; return 0, or 1 if the file cannot be read or has no markers for it."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets.reporting.catalog", description="Update the catalog between its markers in a Markdown file.")
    parser.add_argument("file", type=Path, help="the Markdown file, such as docs/catalog.md")
    file: Path = parser.parse_args(arguments).file
    try:
        old = file.read_text(encoding="utf-8")
        new = renewed(old)
    except (OSError, ValueError) as wrong:
        print(f"{file}: {wrong}", file=sys.stderr)
        return 1
    if new != old:
        file.write_text(new, encoding="utf-8")
    print(f"{file}: the catalog {'is updated' if new != old else 'was up to date'}")
    return 0


def _graph(entries: Iterable[LakeFile | Table]) -> str:
    """Return the lineage as a Mermaid flowchart, which GitHub renders: one box per layer, dotted arrows for look-backs."""
    by_layer: dict[str, list[str]] = {layer: [] for layer in (*LAYERS, TODAY)}
    arrows: list[str] = []
    for entry in entries:
        by_layer[_layer(entry)].append(entry.name)
        arrows += _arrows(entry) if isinstance(entry, Table) else []
    boxes = [line for layer, names in by_layer.items() if names for line in _box(layer, names)]
    return "\n".join(["```mermaid", "flowchart LR", *boxes, *arrows, "```"])


def _checks(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield the cross-table checks with their docstrings. The modules are not imported, since they depend on Dagster."""
    for name in graph.layers.names("checks"):
        module = find_spec(f"{graph.layers.package}.checks.{name}")
        if module and module.origin:
            yield name, ast.get_docstring(ast.parse(Path(module.origin).read_text(encoding="utf-8"))) or ""


def _box(layer: str, names: Iterable[str]) -> list[str]:
    # Node ids have a prefix, since some words, such as "end", are reserved in Mermaid.
    return [f"  subgraph layer_{layer} [{layer}]", *(f"    t_{name}[{name}]" for name in names), "  end"]


def _arrows(table: Table) -> list[str]:
    return [f"  t_{name} {'-.->' if name in table.lookback else '-->'} t_{table.name}" for name in table.reads]


def _overview(members: Iterable[LakeFile | Table]) -> str:
    rows = [[f"**{entry.name}**", _text(_what(entry)), _text(_grain(entry)), "<br>".join(_reads(entry))] for entry in members]
    return _markdown(("name", "what it is", "one row per", "reads"), rows)


def _columns(entry: LakeFile | Table) -> str:
    """Return the columns, collapsed. A source's columns are all text, so they have neither type nor nullability."""
    if isinstance(entry, LakeFile):
        rows = [[f"`{name}`", _text(meaning) + _private(name in entry.private)] for name, meaning in entry.columns.items()]
        return _folded(f"fields of {entry.name}", _markdown(("field", "meaning"), rows))
    private = entry.contract.private()
    rows = [
        [f"`{name}`", str(c.type.copy(nullable=True)), "yes" if c.nullable else "", _text(c.description or "") + _private(name in private)]
        for name, c in entry.contract.columns().items()
    ]
    return _folded(f"columns of {entry.name}", _markdown(("column", "type", "null", "meaning"), rows))


def _private(is_private: bool) -> str:
    return " (**private**)" if is_private else ""


def _folded(title: str, text: str) -> str:
    # GitHub renders the inside as Markdown only between blank lines.
    return f"<details><summary>{escape(title)}</summary>\n\n{text}\n\n</details>"


def _layer(entry: LakeFile | Table) -> str:
    return entry.layer if isinstance(entry, Table) else "lake"


def _what(entry: LakeFile | Table) -> str:
    """Return the first sentence of the description, without the grain."""
    sentence, stop, _ = " ".join(entry.description.split()).partition(_GRAIN)[0].partition(". ")
    return sentence + (stop.strip() if stop else "")


def _grain(entry: LakeFile | Table) -> str:
    """Return the contract's grain. A source has no enforced grain; its description says what one row is."""
    if isinstance(entry, Table):
        return ", ".join(entry.contract.grain())
    return " ".join(entry.description.split()).partition(_GRAIN)[2].partition(". ")[0].rstrip(".").removeprefix("one ")


def _reads(entry: LakeFile | Table) -> Iterator[str]:
    """Yield the upstreams, with their look-backs."""
    if isinstance(entry, LakeFile):
        yield " or ".join(f"`{form.pattern}`" for form in entry.forms)
        return
    for name in entry.reads:
        yield f"{entry.layers.layer_of(name)}.{name}{_look_back(entry.lookback, name)}"


def _look_back(lookback: Mapping[str, int | None], name: str) -> str:
    days = lookback.get(name, 0)
    return " (all days so far)" if days is None else f" (and {days} day{'s' * (days > 1)} before)" if days else ""


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))


def _text(words: str) -> str:
    """Escape text for a table cell: no cell separators, tags or line breaks."""
    return escape(" ".join(words.split()), quote=False).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
