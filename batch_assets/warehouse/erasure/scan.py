"""The scan: every file and every table is searched for what an erased person is known by.

A packed file is unpacked; a table's rows, and a Parquet file's, are searched by their text; the bytes of any file, too. Texts that the engine packs
are not to be seen in the bytes of its file, so both are looked at.
"""

import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from ibis.backends.duckdb import Backend

from ...engine.quoting import sql_text
from .person import Form, Person

_AT_ONCE, _OVERLAP = 16 << 20, 1 << 10
_WITHIN = bytes(range(0x80, 0xC0))
"""What goes on with a letter in UTF-8."""
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


@dataclass
class Scanned:
    """How much was searched, and where the person was found."""

    files: int = 0
    bytes: int = 0
    found: tuple[Path, ...] = ()


def in_tables(con: Backend, person: Person) -> dict[str, int]:
    """Return in how many rows the person is named, by table; only of tables in which there are any."""
    named: dict[str, int] = {}
    tables = con.con.execute("select schema_name, table_name from duckdb_tables() where not temporary order by all").fetchall()
    for schema, table in tables:
        if count := _rows(con.con, f'{schema}."{table}"', person):
            named[f"{schema}.{table}"] = count
    return named


def in_files(paths: Iterable[Path], person: Person) -> Scanned:
    """Search files, each as what it is."""
    scanned = Scanned()
    for path in paths:
        scanned.files += 1
        scanned.bytes += path.stat().st_size
        if any(person.is_in(text) for text in _texts(path)) or _in_parquet(path, person):
            scanned.found = (*scanned.found, path)
    return scanned


def _rows(connection: duckdb.DuckDBPyConnection, relation: str, person: Person) -> int:
    """Return in how many rows of a relation the person is named: in its texts together, as they stand beside each other."""
    columns = connection.execute(f"describe from {relation}").fetchall()
    texts = [f'"{name}"::varchar' for name, kind, *_ in columns if "VARCHAR" in kind or kind == "JSON"]
    if not texts or not (person.alone or person.beside):
        return 0
    given: dict[str, str] = {}
    alone = [_is_in(form, given) for form in person.alone]
    beside = [f"({_is_in(one, given)} and {_is_in(other, given)})" for one, other in person.beside]
    told = f"select strip_accents(lower(concat_ws(' ', {', '.join(texts)}))) as told from {relation}"
    ((count,),) = connection.execute(f"select count(*) from ({told}) where {' or '.join([*alone, *beside])}", given).fetchall()
    return int(count)


def _is_in(form: Form, given: dict[str, str]) -> str:
    """Return the condition that a text has a form, whose values become parameters. RE2 has no look-around."""
    number = len(given)
    pattern = form.pattern.replace(r"(?<!\d)", r"(?:^|\D)").replace(r"(?!\d)", r"(?:\D|$)").replace(r"(?<!\w)", r"(?:^|\W)").replace(r"(?!\w)", r"(?:\W|$)")
    given |= {f"anchor{number}": form.anchor, f"pattern{number}": pattern}
    return f"(contains(told, $anchor{number}) and regexp_matches(told, $pattern{number}))"


def _texts(path: Path) -> Iterator[str]:
    """Yield a file's text, some at once, each beginning with the end of the one before it."""
    end = b""
    for some in _unpacked(path):
        text = end + some
        yield _decoded(text)
        end = text[-_OVERLAP:]


def _unpacked(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes; those of a packed one as far as it can be unpacked."""
    with path.open("rb") as file:
        is_packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        unpacking = _new()
        while some := file.read(_AT_ONCE):
            if not is_packed:
                yield some
                continue
            while some:
                try:
                    yield unpacking.decompress(some)
                except zlib.error:
                    return
                some, unpacking = unpacking.unused_data, _new() if unpacking.unused_data else unpacking


def _new() -> Any:
    """Return what unpacks a gzip file, or the next of several in one."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _decoded(text: bytes) -> str:
    """Return text that may begin and end within a letter; of what is no text, that which is."""
    try:
        return getincrementaldecoder("utf-8")().decode(text.lstrip(_WITHIN))
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace") if b"\0" in text else text.decode("latin-1")


def _in_parquet(path: Path, person: Person) -> bool:
    with path.open("rb") as file:
        if file.read(4) != _PARQUET:
            return False
    with duckdb.connect() as connection:
        return bool(_rows(connection, f"read_parquet({sql_text(path)})", person))
