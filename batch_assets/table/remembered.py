"""What follows from the code alone, remembered from one process to the next: versions of code, lineage of columns, SQL of expressions.

Finding these takes 20 ms a table, in every process that loads the definitions. The answers lie beside Python's bytecode, under a key of
everything that they follow from: the content of every file of the packages concerned, the settings, Python, and the libraries that
expressions are made of. With another key nothing is remembered. Nothing is ever asked of a file's time or size.

Belongs here: keeping answers, and the key. Does not belong here: how an answer is found.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..content import combined
from ..settings import settings

_PACKAGE = __name__.split(".")[0]
_LIBRARIES = ("ibis-framework", "sqlglot")

folder = Path(__file__).parent / "__pycache__"
"""Where answers lie, a file for each package that has a graph."""


def remembered(question: str, package: str, find: Callable[[], Any], *, may_be_kept: Callable[[], bool]) -> Any:
    """Return the answer to a question about the code of a package with a graph; find it if it is not remembered.

    Args:
        question: what is asked; unique in the package.
        package: name of the top package.
        find: finds the answer, which JSON can hold.
        may_be_kept: whether the answer follows from this package and that one alone. Asked only of an answer that was found.
    """
    path, key = folder / f"remembered-{package}.json", _key(package, _tree)
    answers = _answers(path, key)
    if question in answers:
        return answers[question]
    answer = find()
    if may_be_kept() and _key(package, _tree_now) == key:
        answers[question] = answer
        _keep(path, {"key": key, "answers": answers})
    return answer


def _key(package: str, tree: Callable[[str], str]) -> str:
    """Return the hash of everything that answers follow from."""
    written = [f"{name}: {settings.written(name)}" for name in sorted(type(settings).model_fields)]
    return combined([sys.version, *_libraries(), *written, *(tree(name) for name in sorted({_PACKAGE, package}))])


@cache
def _libraries() -> list[str]:
    return [f"{name} {version(name)}" for name in _LIBRARIES]


def _tree_now(package: str) -> str:
    """Return the hash of every file of a package, by its place in it."""
    spec = find_spec(package)
    roots = list(spec.submodule_search_locations or []) if spec else []
    return combined([f"{place} {content}" for root in roots for place, content in _files(root)])


_tree = cache(_tree_now)


def _files(root: str) -> list[tuple[str, str]]:
    """Return the place and content hash of every file below a folder, bytecode apart."""
    found = list[tuple[str, str]]()
    for above, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        paths = (Path(above) / name for name in names)
        found += [(os.path.relpath(path, root), sha256(path.read_bytes()).hexdigest()) for path in paths]
    return sorted(found)


@cache
def _answers(path: Path, key: str) -> dict[str, Any]:
    """Return the answers under a key; none, if the file is not there, is not ours, or has another key."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(path.read_bytes())
        return dict(kept["answers"]) if kept["key"] == key else {}
    return {}


def _keep(path: Path, kept: Mapping[str, Any]) -> None:
    """Keep the answers, unless bytecode is not kept either. Where they cannot be written, the next process finds them again."""
    if sys.dont_write_bytecode:
        return
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        staged = path.with_suffix(f".{os.getpid()}")
        staged.write_text(json.dumps(kept), encoding="utf-8")
        staged.replace(path)
