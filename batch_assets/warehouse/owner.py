"""Whose the folder of published files is: one warehouse's, whose identity is in a file there.

What does not match the ledger is removed from the folder, so a warehouse must not be opened beside the folder of another, as after a
mistyped path. Does not belong here: what is removed (`reconcile.py`).
"""

from pathlib import Path

import duckdb

from ..durable import put
from ..errors import WarehouseError
from .files import LAYER, BatchFiles, Stamp, stamp_of, tables_with_files
from .permissions import make_folder

OWNER = ".warehouse"


def claim(connection: duckdb.DuckDBPyConnection, database: str, root: Path) -> None:
    """Note in the folder of published files that it is this warehouse's.

    Raises:
        WarehouseError: it is another's, or holds files that this warehouse never published.
    """
    ((identity,),) = connection.execute("from quality.identity").fetchall()
    owner = _owner(root)
    if owner == identity:
        return
    if owner or _is_foreign(connection, root):
        raise WarehouseError(
            f"{root}: holds files that the warehouse {database} did not publish. Are the settings warehouse and published right? "
            "To start with a new warehouse, move this folder away first: files that are not in the ledger would be removed from it."
        )
    make_folder(root)
    unfinished = root / f"{OWNER}.unfinished"
    unfinished.write_text(identity, encoding="utf-8")
    put(unfinished, root / OWNER)


def _owner(root: Path) -> str | None:
    try:
        return (root / OWNER).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_foreign(connection: duckdb.DuckDBPyConnection, root: Path) -> bool:
    """Say whether a folder has files as they are published, none of which is in the ledger by its stamp or, if it has none, by its name."""
    tables = [BatchFiles(root, name) for name in tables_with_files(root)]
    ever = connection.execute("select publication, content, asset, batch_date from quality.ledger where starts_with(asset, ?)", [f"{LAYER}."]).fetchall()
    stamps, names = {Stamp(*row[:2]) for row in ever}, {row[2:] for row in ever}
    known = [
        stamp in stamps if (stamp := stamp_of(path)) else (f"{LAYER}.{files.table}", day) in names
        for files in tables
        for path, day in [(files.latest, None), *((files.final(day), day) for day in files.days_there())]
        if path.is_file()
    ]
    return bool(known) and not any(known)
