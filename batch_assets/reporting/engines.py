"""Which table is made where: for each table, what makes its rows on each engine, as Markdown generated from the code.

Belongs here: the layout of `docs/engines.md` between its markers. Does not belong here: whether the engines agree; that is tested.
`make parity` updates the page.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..engine.spark.alike import ALIKE
from ..engine.spark.compile import compiled
from ..errors import DefinitionError
from ..table.graph import configured_graph
from ..table.table import Table
from .markdown import put_between

BEGIN, END = "<!-- engines:begin -->", "<!-- engines:end -->"


def engines() -> str:
    """Return the tables with where their rows are made, and the operations that are alike on both engines."""
    rows = [f"| {table.asset} | {_form(table)} | {_on_spark(table)} |" for table in configured_graph().tables()]
    table = "\n".join(["| Table | Form | With Spark, its rows are made |", "|---|---|---|", *rows])
    return f"{table}\n\nOperations of Ibis that are alike on both engines: {', '.join(sorted(ALIKE, key=str.lower))}."


def main(arguments: Sequence[str] | None = None) -> int:
    """Update the page; return 0, or 1 if it cannot be read or has no markers for it."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets.reporting.engines", description="Update the support matrix between its markers.")
    parser.add_argument("file", type=Path, help="the Markdown file, such as docs/engines.md")
    file: Path = parser.parse_args(arguments).file
    try:
        file.write_text(put_between(file.read_text(encoding="utf-8"), BEGIN, END, engines()), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        return 1
    return 0


def _form(table: Table) -> str:
    return "generator" if table.is_generator else "map" if table.is_map else "expression"


def _on_spark(table: Table) -> str:
    if table.is_generator:
        return "in the process that publishes"
    try:
        compiled(table)
    except DefinitionError as error:
        return f"not: {error}"
    return "by Spark's workers" if table.is_map else "by Spark"


if __name__ == "__main__":
    sys.exit(main())
