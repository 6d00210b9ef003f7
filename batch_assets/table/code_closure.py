"""What a definition depends on: other definitions of its module and of those that it imports, what modules do when they are imported, and settings.

Followed are this package, the package that has the graph, and any other that is not installed but lies in a folder of one's own.
Left out are the rooms on which no row depends: what publishes, tells and shows rows is not what they are made from. Where it cannot be
seen what is used, all counts: of a module, what it may look up itself; of the settings, all of them.

Belongs here: names and what they lead to. Does not belong here: what one module says (`source_code.py`).
"""

import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .source_code import Import, Piece, path_of, read, statements_of_class

_PACKAGE = __name__.split(".")[0]
_SETTINGS = f"{_PACKAGE}.settings"
_LEFT_OUT = tuple(f"{_PACKAGE}.{room}" for room in ("table", "engine", "warehouse", "orchestration", "reporting", "errors", "ingest.names"))
_ALL, _WHEN_IMPORTED = "*", ""


@cache
def closure(modules: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the definitions that count, by module and name."""
    found = set[tuple[str, str]]()
    waiting = [(module, name if (name := module.rpartition(".")[2]) in read(module).defined else _ALL) for module in modules]
    while waiting:
        item = waiting.pop()
        if item not in found:
            found.add(item)
            waiting += _needed(*item)
    return sorted(found)


def settings_used(*modules: str) -> set[str]:
    """Return the settings that `modules` use."""
    return {name for module, used in closure(modules) if module == _SETTINGS for name in _fields(used)}


def stays_inside(*modules: str) -> bool:
    """Say whether all that counts is in this package and in that of the modules."""
    return {module.split(".")[0] for module, _ in closure(modules)} <= {_PACKAGE, *(module.split(".")[0] for module in modules)}


def _needed(module: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield what a definition needs: its module, and whatever its code names; or what a module needs when it is imported."""
    source = read(module)
    if name == _WHEN_IMPORTED:
        yield from _needed_when_imported(module)
    else:
        yield module, _WHEN_IMPORTED
    if name == _ALL:
        yield from ((module, each) for each in [*source.defined, *source.imported])
    for each in source.imported.get(name, []):
        yield from _targets(module, each, None)
    for piece in pieces(module, name):
        for each in piece.imports:
            yield from _when_imported(module, each)
            yield from _targets(module, each, None) if each.name == _ALL else ()
        for used, attribute in piece.uses:
            for each in bound_to(module, piece, used):
                yield from _targets(module, each, attribute)
            if used in source.defined:
                yield module, used


def _needed_when_imported(module: str) -> Iterator[tuple[str, str]]:
    """Yield what happens when a module is imported: that of the packages above it and of its imports, and what registers itself."""
    source = read(module)
    yield from ((parent, _WHEN_IMPORTED) for parent in _parents(module))
    for imports in source.imported.values():
        for each in imports:
            yield from _when_imported(module, each)
    for each in source.imported.get(_ALL, []):
        yield from _targets(module, each, None)
    yield from ((module, name) for name, pieces in source.defined.items() if any(_may_register(module, piece) for piece in pieces))
    if source.looks_itself_up:
        yield module, _ALL


def _when_imported(module: str, imported: Import) -> Iterator[tuple[str, str]]:
    """Yield the modules that an import runs."""
    yield from ((target, _WHEN_IMPORTED) for target in (imported.module, f"{imported.module}.{imported.name}") if counts(target, module))


def bound_to(module: str, piece: Piece, name: str) -> list[Import]:
    """Return the imports that bind a name which a statement uses."""
    return [*(each for each in piece.imports if each.bound == name), *read(module).imported.get(name, [])]


def _targets(module: str, imported: Import, attribute: str | None) -> Iterator[tuple[str, str]]:
    """Yield what an imported name stands for, as it is used: with the name after its dot, or by itself."""
    of, name = imported.module, imported.name
    if name is None:
        if counts(of, module):
            yield from _in_module(of, attribute if imported.is_exact else None)
    elif name == _ALL:
        if counts(of, module):
            yield of, _ALL
            yield from ((f"{of}.{each}", _ALL) for each in _submodules(of) if counts(f"{of}.{each}", module))
    else:
        if counts(of, module):
            if of == _SETTINGS and name in ("settings", "Settings"):
                yield of, f"settings.{attribute}"
            elif _has(of, name):
                yield of, name
            elif not path_of(f"{of}.{name}"):
                yield of, _ALL
        if counts(f"{of}.{name}", module):
            yield from _in_module(f"{of}.{name}", attribute)


def _in_module(module: str, attribute: str | None) -> Iterator[tuple[str, str]]:
    """Yield what is used of a module: the name after its dot, if it has that, or anything."""
    if module == _SETTINGS and attribute in (None, "settings", "Settings"):
        yield module, "settings.None"
    elif attribute and _has(module, attribute):
        yield module, attribute
    else:
        yield module, _ALL


def _has(module: str, name: str) -> bool:
    return name in read(module).defined or name in read(module).imported


def _submodules(package: str) -> Iterator[str]:
    """Yield the modules of a package that its `__all__` names, which a star imports."""
    for piece in read(package).defined.get("__all__", []):
        yield from piece.texts


def pieces(module: str, name: str) -> Iterable[Piece]:
    """Return the statements that a name stands for in a module; of the settings, the method or property that is used."""
    if module == _SETTINGS:
        if name.startswith("settings."):
            return [piece for piece in [_settings()[1].get(name.partition(".")[2])] if piece]
        return [] if name in (_ALL, _WHEN_IMPORTED, "settings", "Settings") else read(module).defined.get(name, [])
    return read(module).effects if name == _WHEN_IMPORTED else read(module).defined.get(name, [])


@cache
def _settings() -> tuple[set[str], dict[str, Piece]]:
    return statements_of_class(_SETTINGS, "Settings")


def _fields(used: str) -> set[str]:
    """Return the settings that a use of `settings` reads; all of them, if it cannot be seen which."""
    fields, methods = _settings()
    if used in (_ALL, "settings", "Settings"):
        return fields
    kind, _, attribute = used.partition(".")
    if kind != "settings":
        return set()
    if attribute in fields:
        return {attribute}
    if attribute not in methods:
        return fields
    others = methods[attribute].of_self - {attribute}
    return {field for each in others for field in (_fields(f"settings.{each}") if each else fields)}


def _parents(module: str) -> Iterator[str]:
    """Yield the packages above a module, each of which is imported before it."""
    parts = module.split(".")
    for n in range(1, len(parts)):
        if counts(parent := ".".join(parts[:n]), module):
            yield parent


@cache
def counts(name: str, module: str) -> bool:
    """Say whether the code of a module that `module` imports counts."""
    top = name.split(".")[0]
    if any(name == room or name.startswith(f"{room}.") for room in _LEFT_OUT):
        return False
    return (top in (_PACKAGE, module.split(".")[0]) or _is_ones_own(top)) and path_of(name) is not None


@cache
def _is_ones_own(package: str) -> bool:
    """Say whether a package lies in a folder of one's own, and is neither Python's nor installed: those have releases, which receipts name."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return False
    places = [spec.origin, *(spec.submodule_search_locations or [])] if spec else []
    found = [Path(place).resolve() for place in places if place and Path(place).exists()]
    return bool(found) and not any(place.is_relative_to(folder) for place in found for folder in _installed())


@cache
def _installed() -> list[Path]:
    """Return the folders of Python and of what is installed."""
    paths = sysconfig.get_paths()
    return [Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]


def _may_register(module: str, piece: Piece) -> bool:
    """Say whether a definition does something beside defining a name: a decorator of one's own may register what it decorates."""
    if not piece.decorators:
        return False
    source = read(module)
    return any(
        name in source.defined or any(counts(each.module, module) or counts(f"{each.module}.{each.name}", module) for each in source.imported.get(name, []))
        for name in piece.decorators
    )
