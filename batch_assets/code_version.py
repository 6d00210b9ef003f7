"""The version of a table's code: what its module says, and the modules of its layers that it imports.

Comments, docstrings and layout do not count, so a better wording restates nothing.
"""

import ast
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .content import combined

_INFRASTRUCTURE = ("table", "contract", "settings", "errors", "artifacts")


@cache
def code_version(module: str) -> str:
    """Return the version of a module of this package: 12 hexadecimal digits."""
    return combined([_meaning(name) for name in _closure(module)])[:12]


def _closure(module: str) -> list[str]:
    found: list[str] = []
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += _imported(name)
    return sorted(found)


def _imported(module: str) -> list[str]:
    package = module.split(".")
    names: list[str] = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level], *(node.module or "").split(".")]
            names += [".".join(filter(None, base)), *(".".join(filter(None, [*base, alias.name])) for alias in node.names)]
    return [name for name in names if name.rpartition(".")[2] not in _INFRASTRUCTURE and _path(name)]


def _meaning(module: str) -> str:
    tree = _tree(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _tree(module: str) -> ast.Module:
    path = _path(module)
    assert path is not None, module
    return ast.parse(path.read_text())


def _path(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") and not spec.origin.endswith("__init__.py") else None
