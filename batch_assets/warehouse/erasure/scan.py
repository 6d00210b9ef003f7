"""The scan: every file and every table is searched for what an erased person is known by.

A packed file is unpacked; a table's rows, and a Parquet file's, are searched by their text; the bytes of any file, too. Texts that the engine packs
are not to be seen in the bytes of its file, so both are looked at.
"""

import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
from ibis.backends.duckdb import Backend

from ...engine.in_memory import in_memory
from ...engine.quoting import sql_text
from ..schema import tables_there
from ..stored import Stored
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
    found: tuple[Path | Stored, ...] = ()


def in_tables(con: Backend, person: Person) -> dict[str, int]:
    """Return in how many rows the person is named, by table; only of tables in which there are any."""
    named: dict[str, int] = {}
    for schema, table in tables_there(con.con):
        if count := _rows(con.con, f'{schema}."{table}"', person):
            named[f"{schema}.{table}"] = count
    return named


def in_files(files: Iterable[Path | Stored], person: Person) -> Scanned:
    """Search files, and objects of a store, each as what it is."""
    scanned = Scanned()
    with _parquet() as reader_of:
        for each in files:
            scanned.files += 1
            scanned.bytes += each.stat().st_size if isinstance(each, Path) else each.size
            with each.open("rb") if isinstance(each, Path) else each.open() as file:
                is_in = any(person.is_in(text) for text in _texts(file)) or (_is_parquet(file) and _is_in_parquet(reader_of(each), each, person))
            scanned.found += (each,) * is_in
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


def _texts(file: IO[bytes]) -> Iterator[str]:
    """Yield a file's text, some at once, each beginning with the end of the one before it."""
    end = b""
    for some in _unpacked(file):
        text = end + some
        yield _decoded(text)
        end = text[-_OVERLAP:]


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes; those of a packed one as far as it can be unpacked."""
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


@contextmanager
def _parquet() -> Iterator[Callable[[Path | Stored], duckdb.DuckDBPyConnection]]:
    """Give the connections that read Parquet: one for all files, and one for all objects of a store, since each takes time to make."""
    made: dict[type, duckdb.DuckDBPyConnection] = {}
    with ExitStack() as until_the_end:

        def reader_of(parquet: Path | Stored) -> duckdb.DuckDBPyConnection:
            if type(parquet) not in made:
                made[type(parquet)] = until_the_end.enter_context(in_memory() if isinstance(parquet, Path) else parquet.connect())
            return made[type(parquet)]

        yield reader_of


def _is_in_parquet(connection: duckdb.DuckDBPyConnection, parquet: Path | Stored, person: Person) -> bool:
    return bool(_rows(connection, f"read_parquet({sql_text(str(parquet))})", person))


def _is_parquet(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(len(_PARQUET)) == _PARQUET
