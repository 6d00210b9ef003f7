"""The version of a table's code: what its module says, the modules that it imports, and the settings that they use.

Followed are imports of this package and of the package that has the graph. Left out are the rooms on which no row
depends: what publishes, tells and shows rows is not what they are made from. Comments, docstrings, descriptions and
layout do not count, so a better wording restates nothing; nor do settings that no row depends on.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ..content import combined
from ..settings import settings

_PACKAGE = __name__.split(".")[0]
_LEFT_OUT = tuple(f"{_PACKAGE}.{room}" for room in ("table", "engine", "warehouse", "orchestration", "reporting", "settings", "errors"))
_NOT_IN_ROWS = ("graph", "lake", "warehouse", "published", "models", "last_day", "lock_timeout", "publication_bytes")


@cache
def code_version(*modules: str) -> str:
    """Return the version of modules, taken together: 12 hexadecimal digits."""
    read = [_read(name) for name in _closure(modules)]
    used = sorted({name for each in read for name in each.settings} - {*_NOT_IN_ROWS})
    return combined([*(each.meaning for each in read), *(f"{name}: {settings.written(name)}" for name in used)])[:12]


def library_versions(*libraries: str) -> dict[str, str]:
    """Return the installed versions of libraries, by name: other versions of those that train make another model of the same data."""
    return {name: version(name) for name in libraries}


@dataclass(frozen=True)
class _Module:
    """What counts of a module: the modules that it imports, the settings that it uses, and its code."""

    imports: list[str]
    settings: list[str]
    meaning: str


def _closure(modules: Sequence[str]) -> list[str]:
    found: list[str] = []
    waiting = [*modules]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += _read(name).imports
    return sorted(found)


@cache
def _read(module: str) -> _Module:
    path = _path(module)
    assert path is not None, module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imports = [name for node in nodes for name in _imported(node, module)]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    used = [node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "settings"]
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [statement for statement in node.body if not _is_docstring(statement)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]
    return _Module(imports, used, ast.unparse(tree))


def _is_docstring(statement: ast.stmt) -> bool:
    """Say whether a statement is only a text: the docstring of what it opens, or of the constant above it."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def _imported(node: ast.AST, module: str) -> list[str]:
    """Return the modules that count of those that an import in `module` names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        package = module.split(".")
        base = [*(package[: len(package) - node.level] if node.level else []), *filter(None, [node.module])]
        names = [".".join(base), *(".".join([*base, alias.name]) for alias in node.names)]
    else:
        return []
    return [name for name in names if _counts(name, module) and _path(name)]


def _counts(name: str, module: str) -> bool:
    is_ours = name.split(".")[0] in (_PACKAGE, module.split(".")[0])
    return is_ours and not any(name == room or name.startswith(f"{room}.") for room in _LEFT_OUT)


@cache
def _path(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") and not spec.origin.endswith("__init__.py") else None
