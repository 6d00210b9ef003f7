"""Lines that a pattern takes apart, such as those of a web server's log.

The pattern is matched by RE2, which Arrow brings: in time proportional to the line, whatever the pattern and the line.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import DefinitionError, in_short
from .format import Refused
from .lines import LineFormat, Rows


@dataclass(frozen=True)
class Pattern(LineFormat):
    r"""Lines of text, without a header, each of which matches a pattern from begin to end.

    Attributes:
        pattern: in the syntax of RE2; its named groups, `(?P<host>\S+)`, are the fields, and it has no groups without a name but `(?:…)`.
    """

    pattern: str

    nothing = "-"

    def __post_init__(self) -> None:
        """Reject what is no pattern with named groups."""
        try:
            _matched(pa.array([], pa.string()), self.pattern)
        except pa.ArrowInvalid as wrong:
            raise DefinitionError(f"Pattern: {in_short(str(wrong))}") from None

    def without(self, line: bytes, columns: tuple[str, ...], fields: Collection[str]) -> bytes:
        """Return a line with a dash in some groups, as web servers write what they do not know."""
        text = line.decode()
        found = cast("re.Match[str]", re.fullmatch(self.pattern, text))
        for begin, end in sorted((found.span(name) for name in fields), reverse=True):
            text = text[:begin] + self.nothing + text[end:]
        return text.encode()

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Match whole lines."""
        lines = [line.removesuffix(b"\r") for line in block.removesuffix(b"\n").split(b"\n")]
        texts = _texts(block, lines)
        found = _matched(texts, self.pattern)
        if {field.name for field in found.type} != set(columns):
            raise DefinitionError(f"Pattern: the groups are {', '.join(field.name for field in found.type)}, and the source has {', '.join(columns)}.")
        is_row, places = found.is_valid(), pa.array(range(first_line, first_line + len(lines)), pa.int64())
        bad = [n for n, matches in enumerate(is_row.to_pylist()) if not matches] if found.null_count else []
        refused = [Refused.of(first_line + n, "the line does not match the pattern" if texts[n].is_valid else "the line is not UTF-8", lines[n]) for n in bad]
        rows = found.filter(is_row)
        return Rows([rows.field(name) for name in columns], places.filter(is_row), refused)


def _texts(block: bytes, lines: list[bytes]) -> pa.Array:
    """Return lines as text; null for one that is not UTF-8."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return pa.array([_text(line) for line in lines], pa.string())
    return pa.array(lines, pa.binary()).cast(pa.string())


def _text(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _matched(texts: pa.Array, pattern: str) -> pa.StructArray:
    """Return the groups of the texts that match, null for the others."""
    return pc.call_function("extract_regex", [texts], pc.ExtractRegexOptions(f"^(?:{pattern})$"))
