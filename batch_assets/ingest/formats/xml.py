"""XML with records below its root, read by lxml piece by piece. A row's position is the number of its record, from 1.

What a file could do to a reader is ruled out: a document type is refused, so there are no entities of its own; nothing is fetched; depth and text are
bounded by libxml2, and the bytes of a record by `RECORD_BYTES`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, TypeAlias, cast

import pyarrow as pa
from lxml import etree

from ...errors import DefinitionError, in_short
from .format import Block, FormError, Refuse, Refused

BLOCK_BYTES = 1 << 16
RECORD_BYTES = 4 << 20
"""Bytes that may be read without a record's end."""
ROWS_AT_ONCE = 1 << 12

Path: TypeAlias = tuple[str, ...]
"""Where a field is below its record: the names of elements, and perhaps of an attribute, `@name`."""


@dataclass(frozen=True)
class Xml:
    """Records that are the children of the root, each with exactly the expected elements and attributes, each at most once. Reference: w3.org/TR/xml.

    Attributes:
        root: the name of the root.
        record: the name of a record.
        fields: where each field is in a record: `Recipient/Name`, `@number` or `Parcel/@weight`.
        optional: the fields that a record may lack; they are null then.
        namespaces: the namespaces by their prefix in these names; that of names without a prefix by "". Attributes without one have none.
    """

    root: str
    record: str
    fields: Mapping[str, str]
    optional: tuple[str, ...] = ()
    namespaces: Mapping[str, str] = field(default_factory=dict[str, str])

    seeks = False
    nothing = ""
    stand_in = "<erased"

    def __post_init__(self) -> None:
        """Reject optional fields that are none."""
        if unknown := sorted(set(self.optional) - set(self.fields)):
            raise DefinitionError(f"Xml: {', '.join(unknown)} is optional, and no field.")

    def read(self, stream: BinaryIO, columns: tuple[str, ...], refuse: Refuse) -> Iterator[Block]:
        """Yield the rows of a file, some records at once."""
        if set(columns) != set(self.fields):
            raise DefinitionError(f"Xml: the fields are {', '.join(self.fields)}, and the source has {', '.join(columns)}.")
        rows: list[tuple[int, dict[str, str]]] = []
        for number, element in enumerate(self._records(stream), 1):
            row = self._row(element)
            if isinstance(row, str):
                refuse(Refused(number, in_short(row), etree.tostring(element, encoding="unicode", with_tail=False)))
            else:
                rows.append((number, row))
            if len(rows) == ROWS_AT_ONCE:
                yield _block(rows, columns)
                rows = []
        if rows:
            yield _block(rows, columns)

    def count(self, stream: BinaryIO) -> int:
        """Return the number of records."""
        return sum(1 for _ in self._records(stream))

    def emptied(self, content: bytes, columns: tuple[str, ...], fields: Collection[str], rows: Collection[int], refused: Collection[int]) -> bytes:
        """Return a file in which some records have empty elements and attributes, and those that are no rows are replaced."""
        top = etree.fromstring(content, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False))
        paths = {path for path, name in self._paths.items() if name in fields}
        for number, record in enumerate([child for child in top if isinstance(child.tag, str)], 1):
            if number in rows:
                _empty(record, (), paths)
            elif number in refused:
                other = etree.Element("erased")
                other.tail = record.tail
                top.replace(record, other)
        tree = top.getroottree()
        return cast(bytes, etree.tostring(tree, encoding=tree.docinfo.encoding or "UTF-8", xml_declaration=content.lstrip().startswith(b"<?xml")))

    def _records(self, stream: BinaryIO) -> Iterator[Any]:
        """Yield the children of the root, each before it is forgotten.

        Raises:
            FormError: the file is not XML, is cut off, has a document type, or has another root.
        """
        root, record = self._name(self.root), self._name(self.record)
        safe = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False, "remove_comments": True, "remove_pis": True}
        parser, pending, top = etree.XMLPullParser(events=("start", "end"), tag=[root, record], **safe), 0, None
        try:
            while block := stream.read(BLOCK_BYTES):
                parser.feed(block)
                pending += len(block)
                for _, element in parser.read_events():
                    if top is None:
                        top = element.getroottree().getroot()
                        _check(top, root, self.root)
                while top is not None and len(top) > 1:
                    # The last child may still be incomplete; one before it is whole.
                    yield _alone(top[0])
                    del top[0]
                    pending = 0
                if pending > RECORD_BYTES:
                    raise FormError(f"a record of more than {RECORD_BYTES} bytes: this is not a file of records")
            top = parser.close()
        except etree.XMLSyntaxError as broken:
            raise FormError(f"cut off or damaged ({in_short(' '.join(str(broken.msg).split()))})") from broken
        _check(top, root, self.root)
        if (top.text or "").strip():
            raise FormError("there is text before the first record")
        yield from map(_alone, top)

    def _row(self, element: Any) -> dict[str, str] | str:
        """Return the fields of a record that are there, or why it is no row."""
        if element.tag != self._name(self.record):
            return f"the record is a {_plain(element.tag)}, not a {self.record}"
        found: dict[str, str] = {}
        try:
            for path, text in _leaves(element, ()):
                name = self._paths.get(path)
                if name is None:
                    if text.strip() or path not in self._groups:
                        return f"unexpected {'/'.join(map(_plain, path)) or 'text'}"
                elif name in found:
                    return f"{name} is there more than once"
                else:
                    found[name] = text
        except _StrayTextError:
            return "there is text between elements"
        missing = [name for name in self.fields if name not in found and name not in self.optional]
        return f"missing {', '.join(missing)}" if missing else found

    @cached_property
    def _paths(self) -> dict[Path, str]:
        """The field at each path."""
        return {tuple(self._name(part) for part in path.split("/")): name for name, path in self.fields.items()}

    @cached_property
    def _groups(self) -> set[Path]:
        """The paths of elements that have fields below them."""
        return {path[:length] for path in self._paths for length in range(len(path))}

    def _name(self, name: str) -> str:
        """Return a name as lxml writes it, `{namespace}name`."""
        sign = "@" * name.startswith("@")
        prefix, _, local = name.removeprefix("@").rpartition(":")
        namespace = "" if sign and not prefix else self.namespaces.get(prefix, "")
        return f"{sign}{{{namespace}}}{local}" if namespace else f"{sign}{local}"


class _StrayTextError(Exception):
    """There is text between the elements of a record."""


def _leaves(element: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the attributes, and the elements that have no others in them, with their text."""
    for name, value in element.attrib.items():
        yield (*path, f"@{name}"), value
    if not len(element):
        yield path, element.text or ""
        return
    if any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        raise _StrayTextError
    for child in element:
        yield from _leaves(child, (*path, child.tag))


def _empty(element: Any, path: Path, paths: Collection[Path]) -> None:
    """Empty the elements and attributes at some paths; comments in them go, too."""
    for name in element.attrib:
        if (*path, f"@{name}") in paths:
            element.attrib[name] = ""
    if path in paths:
        del element[:]
        element.text = ""
    for child in element:
        if isinstance(child.tag, str):
            _empty(child, (*path, child.tag), paths)


def _alone(record: Any) -> Any:
    """Return a record after which no text stands."""
    if (record.tail or "").strip():
        raise FormError("there is text between the records")
    return record


def _check(top: Any, root: str, told: str) -> None:
    """Refuse a file with a document type, or with another root."""
    if top.getroottree().docinfo.internalDTD is not None:
        raise FormError("it has a document type (DOCTYPE), which may define entities, and none is read")
    if top.tag != root:
        raise FormError(f"its root is {in_short(_plain(top.tag))} in the namespace {in_short(etree.QName(top).namespace or 'none')}, not {told}")


def _plain(name: str) -> str:
    """Return a name without its namespace."""
    return f"{'@' * name.startswith('@')}{name.rpartition('}')[2].removeprefix('@')}"


def _block(rows: list[tuple[int, dict[str, str]]], columns: tuple[str, ...]) -> Block:
    fields = [pa.array([row.get(name) for _, row in rows], pa.string()) for name in columns]
    return Block(pa.array([number for number, _ in rows], pa.int64()), fields)
