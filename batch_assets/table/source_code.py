"""What a module's source says: what it defines, name by name, what it imports, and what it does as soon as it is imported.

A definition's text is what Python makes of it: without comments, layout, docstrings and other bare strings, and without what is
only for people to read, such as the description of a column or the chart of a table.

Belongs here: one module, read as text. Does not belong here: what follows from several of them (`code_version.py`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

FOR_PEOPLE = {
    "Field": ("description", "private"),
    "LakeFile": ("description", "private"),
    "table": ("show", "kinds", "measure"),
}
"""Arguments on which no row depends, by what is called."""

_ASKS_FOR_ITS_PLACE = ("__file__", "__path__", "__package__", "__spec__", "importlib.resources", "importlib import resources", "pkgutil")
_LOOKS_ITSELF_UP = ("globals(", "locals(", "vars(", "eval(", "exec(", "modules[")


@dataclass(frozen=True)
class Import:
    """A name that an import binds.

    Attributes:
        bound: the name.
        module: the full name of the module that it is taken from.
        name: what it is there; None for the module itself, `*` for all that is there.
        is_exact: whether the name is bound to the module itself, and not to the package above it, as by `import a.b`.
    """

    bound: str
    module: str
    name: str | None
    is_exact: bool = True


class Piece:
    """A statement at the head of a module, without what no row depends on. It is looked through when it is first asked for something."""

    def __init__(self, statement: ast.stmt, package: str) -> None:
        """Take a statement of a module of a package."""
        self._statement, self._package = statement, package

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        nodes: list[ast.AST] = [self._statement]
        for node in nodes:
            _leave_out(node)
            nodes += ast.iter_child_nodes(node)
        return nodes

    @cached_property
    def text(self) -> str:
        """What counts of it, as text."""
        return ast.unparse(self._statement) if self._nodes else ""

    @cached_property
    def uses(self) -> set[tuple[str, str | None]]:
        """The names in it that are the module's, each with the name after the dot that follows; None if none does."""
        dotted = {id(node.value): node.attr for node in self._nodes if isinstance(node, ast.Attribute)}
        own = _names_of_its_own(self._statement)
        return {(node.id, dotted.get(id(node))) for node in self._nodes if isinstance(node, ast.Name) and id(node) not in own}

    @cached_property
    def of_self(self) -> set[str | None]:
        """What a method takes of its own object: the names after the dot; None if it does something else with it."""
        dotted = {id(node.value): node.attr for node in self._nodes if isinstance(node, ast.Attribute)}
        return {dotted.get(id(node)) for node in self._nodes if isinstance(node, ast.Name) and node.id == "self"}

    @cached_property
    def imports(self) -> list[Import]:
        """The imports in it."""
        return [each for node in self._nodes for each in _imports(node, self._package)]

    @cached_property
    def texts(self) -> set[str]:
        """The texts in it, which may be names of files."""
        return {node.value for node in self._nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}

    @property
    def decorators(self) -> list[str]:
        """The names that its decorators begin with, and those of a class's bases."""
        return [_first_name(each) for each in [*getattr(self._statement, "decorator_list", []), *getattr(self._statement, "bases", [])]]


@dataclass(frozen=True)
class Source:
    """What a module says.

    Attributes:
        path: its file.
        defined: its definitions, by name.
        imported: its imports, by the name that they bind.
        effects: what is done when it is imported, beside defining names.
        knows_its_place: whether it asks for the folder that it lies in.
        looks_itself_up: whether it finds its own names by other means than writing them.
    """

    path: Path
    defined: Mapping[str, list[Piece]]
    imported: Mapping[str, list[Import]]
    effects: list[Piece]
    knows_its_place: bool
    looks_itself_up: bool


@cache
def read(module: str) -> Source:
    """Return what a module says."""
    path = path_of(module)
    assert path is not None, module
    text = path.read_text(encoding="utf-8")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    defined: dict[str, list[Piece]] = {}
    imported: dict[str, list[Import]] = {}
    effects: list[Piece] = []
    for statement in ast.parse(text).body:
        piece = Piece(statement, package)
        names = _defines(statement)
        for name in names:
            defined.setdefault(name, []).append(piece)
        if not names and not _is_bare_string(statement):
            effects += [] if isinstance(statement, ast.Import | ast.ImportFrom) else [piece]
            for each in piece.imports:
                imported.setdefault(each.bound, []).append(each)
    return Source(path, defined, imported, effects, any(word in text for word in _ASKS_FOR_ITS_PLACE), any(word in text for word in _LOOKS_ITSELF_UP))


@cache
def path_of(module: str) -> Path | None:
    """Return a module's file; None if it has none that is Python's."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def statements_of_class(module: str, name: str) -> tuple[set[str], dict[str, Piece]]:
    """Return the fields of a class, which are those with a type, and its methods and properties."""
    path = path_of(module)
    assert path is not None, module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (found,) = [statement for statement in tree.body if isinstance(statement, ast.ClassDef) and statement.name == name]
    fields = {statement.target.id for statement in found.body if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)}
    return fields, {statement.name: Piece(statement, module.rpartition(".")[0]) for statement in found.body if isinstance(statement, ast.FunctionDef)}


def _leave_out(node: ast.AST) -> None:
    """Leave out what no row depends on of a statement or a call."""
    for name in ("body", "orelse", "finalbody"):
        if isinstance(block := getattr(node, name, None), list):
            setattr(node, name, [statement for statement in block if not _is_bare_string(statement)])
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    if isinstance(node, ast.Call) and called in FOR_PEOPLE:
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in FOR_PEOPLE[called]]
        for keyword in node.keywords:
            if called == "LakeFile" and keyword.arg == "columns" and isinstance(keyword.value, ast.Dict):
                keyword.value.values = [ast.Constant(None) for _ in keyword.value.values]


def _is_bare_string(statement: ast.stmt) -> bool:
    """Say whether a statement is only a text: the docstring of what it opens, or of the constant above it."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)


def _defines(statement: ast.stmt) -> list[str]:
    """Return the names that a statement does nothing but define."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target] if isinstance(statement, ast.AnnAssign) else []
    parts = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])]
    return [part.id for part in parts if isinstance(part, ast.Name)] if all(isinstance(part, ast.Name) for part in parts) else []


def _names_of_its_own(statement: ast.stmt) -> set[int]:
    """Return the places in a function's body at which a name is one of its parameters, and not the module's."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    parameters = {each.arg for each in ast.walk(statement.args) if isinstance(each, ast.arg)}
    return {id(node) for line in statement.body for node in ast.walk(line) if isinstance(node, ast.Name) and node.id in parameters}


def _first_name(expression: ast.expr) -> str:
    """Return the name that a decorator or a base begins with."""
    while isinstance(expression, ast.Call | ast.Attribute | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""


def _imports(node: ast.AST, package: str) -> Iterator[Import]:
    """Yield what an import binds; `import_module("a.b")` is one, too."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.asname or alias.name.split(".")[0], alias.name, None, is_exact=bool(alias.asname) or "." not in alias.name)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) + 1 - node.level] if node.level else []
        module = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            yield Import(alias.asname or alias.name, module, alias.name)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(name := node.args[0].value, str):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        if called in ("import_module", "__import__"):
            level = len(name) - len(name.lstrip("."))
            parts = package.split(".")
            yield Import("", ".".join([*(parts[: len(parts) + 1 - level] if level else []), name.lstrip(".")]), "*")
