"""The version of a table's code: the definitions that its function depends on, the data files that they name, the settings that they use, and libraries.

A better wording, or another chart, restates nothing; nor do settings that no row depends on. A data file counts if a text in
the code names it: a file beside the module, or in a folder above it up to its package's, or any file in a folder beside a module
that asks for its own place (`__file__`, `importlib.resources`).

Belongs here: what a version is made from. Does not belong here: what depends on what (`code_closure.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..content import combined
from ..settings import settings
from .code_closure import bound_to, closure, counts, pieces, settings_used, stays_inside
from .remembered import remembered
from .source_code import Piece, read

_NOT_IN_ROWS = {
    *("graph", "lake", "warehouse", "published", "models", "last_day", "lock_timeout", "publication_bytes", "memory_limit", "keep_days"),
    *("promotions_api", "till_brokers", "engine", "spark", "spark_options", "staging"),
}


SETTING, LIBRARY = "setting ", "library "
"""How the names of those parts of a version begin that are no code."""


@cache
def code_version(*modules: str, libraries: tuple[str, ...] = ()) -> str:
    """Return the version of what modules define under their own name, and of libraries, taken together: 12 hexadecimal digits.

    The name is the module's last part, as a table's or a source's is; of a module without it, all counts.
    """
    code = str(_remembered("code", modules, lambda: combined(sorted(text for _, text in _meaning(modules)))[:12]))
    return combined([code, *(f"{name} {installed}" for name, installed in library_versions(*libraries).items())])[:12] if libraries else code


@cache
def code_parts(*modules: str, libraries: tuple[str, ...] = ()) -> Mapping[str, str]:
    """Return what the version is made from, by name: a hash of each definition and data file, and the value of each setting and library.

    Of two versions, their parts tell what differs.
    """
    parts: dict[str, str] = _remembered("parts of the code", modules, lambda: _parts(modules))
    return {**parts, **{f"{LIBRARY}{name}": installed for name, installed in library_versions(*libraries).items()}}


def _remembered(what: str, modules: tuple[str, ...], find: Callable[[], Any]) -> Any:
    return remembered(f"{what} of {' and '.join(modules)}", modules[0].split(".")[0], find, may_be_kept=lambda: stays_inside(*modules))


def _parts(modules: tuple[str, ...]) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for name, text in _meaning(modules):
        texts.setdefault(name, []).append(text)
    values = {f"{SETTING}{name}": settings.written(name) for name in settings_used(*modules) - _NOT_IN_ROWS}
    return {name: values[name] if name in values else combined(sorted(found))[:12] for name, found in sorted(texts.items())}


def library_versions(*libraries: str) -> dict[str, str]:
    """Return the installed versions of libraries, by name: other versions of those that train make another model of the same data."""
    return {name: _installed(name) for name in libraries}


@cache
def _installed(library: str) -> str:
    """Return an installed version; cached, since looking for it takes a millisecond, and several tables have the same libraries."""
    return version(library)


def settings_in_rows() -> dict[str, str]:
    """Return the settings that rows may depend on, by name."""
    return {name: settings.written(name) for name in sorted(type(settings).model_fields.keys() - _NOT_IN_ROWS)}


@cache
def _meaning(modules: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what counts: the name and the text of each definition, data file and setting."""
    return list(_told(modules))


def _told(modules: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for module, name in closure(modules):
        for piece in pieces(module, name):
            part = f"{module}.{name}".rstrip(".")
            yield part, f"{module} {name}: {piece.text}"
            yield from ((path.name, f"{path.name}: {sha256(path.read_bytes()).hexdigest()}") for path in _data_files(module, piece))
            yield from ((part, f"{module} {name}: {told}") for told in _from_elsewhere(module, piece))
    for name in settings_used(*modules) - _NOT_IN_ROWS:
        yield f"{SETTING}{name}", f"{name}: {settings.written(name)}"


def _from_elsewhere(module: str, piece: Piece) -> Iterator[str]:
    """Yield what a statement takes from packages that are not followed: which name of which of them."""
    for used, _ in piece.uses:
        for each in bound_to(module, piece, used):
            if not counts(each.module, module):
                yield f"{used} is {each.module} {each.name or ''}"


def _data_files(module: str, piece: Piece) -> Iterator[Path]:
    """Yield the data files that a statement names."""
    source = read(module)
    above = len(module.split(".")) - (source.path.name != "__init__.py")
    places = [source.path.parents[n] for n in range(max(above, 1))]
    for text in sorted(piece.texts):
        first = text.partition("/")[0]
        for place in places:
            if first and first in _names_in(place) and "\0" not in text and (path := place / text).is_file() and path.suffix != ".py":
                yield path
        if source.knows_its_place and first in _names_in(places[0]) and (folder := places[0] / text).is_dir():
            yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".py", ".pyc"))


@cache
def _names_in(folder: Path) -> set[str]:
    """Return the names of what lies in a folder."""
    return {path.name for path in folder.iterdir()}
