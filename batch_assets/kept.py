"""What follows from the code alone, and takes long to find out, is kept beside Python's bytecode, and for the same reason.

It is kept for one state of the package's files, the libraries that it depends on, and the settings; in any other
state it is found out anew, and so it is each year: changes of clocks are told for a year ahead. As with bytecode, it
may be deleted at any time, and `PYTHONDONTWRITEBYTECODE` keeps nothing.
"""

import datetime as dt
import hashlib
import json
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import duckdb
import ibis

from .settings import settings

_PACKAGE = Path(__file__).parent


def kept(name: str, find: Callable[[], Any]) -> Any:
    """Return what `find` returns, or returned before in this state; a value that JSON knows."""
    if sys.dont_write_bytecode:
        return find()
    state = "\n".join([_code_state(), str(_year()), *(f"{name}: {settings.written(name)}" for name in type(settings).model_fields)])
    found = _read(state)
    if name not in found:
        found[name] = find()
        _write(state, found)
    return found[name]


def _year() -> int:
    return dt.date.today().year


@cache
def _code_state() -> str:
    """Return a hash of the package's files, and the versions of the libraries that what is kept depends on."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(_PACKAGE)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return f"{digest.hexdigest()} ibis {ibis.__version__}, sqlglot {version('sqlglot')}, duckdb {duckdb.__version__}"


@cache
def _read(state: str) -> dict[str, Any]:
    """Return what was kept in a state, by name."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        file = json.loads(_path().read_text(encoding="utf-8"))
        if file["state"] == state:
            return dict(file["found"])
    return {}


def _write(state: str, found: dict[str, Any]) -> None:
    """Keep what was found, if it can be kept: without it, all is as it is with it, but slower."""
    path = _path()
    staged = path.with_suffix(f".{uuid.uuid4().hex}")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        staged.write_text(json.dumps({"state": state, "found": found}), encoding="utf-8")
        staged.replace(path)


def _path() -> Path:
    return Path(cache_from_source(__file__)).with_suffix(".json")
