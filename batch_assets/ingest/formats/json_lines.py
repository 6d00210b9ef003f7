"""One JSON object a line."""

from collections.abc import Collection

from .json_objects import STAND_IN, rows_of, without
from .lines import LineFormat, Rows


class JsonLines(LineFormat):
    """One JSON object per line, with exactly the expected members, each once and none nested. Numbers keep their text as written. Reference: jsonlines.org."""

    nothing = None
    stand_in = STAND_IN

    def without(self, line: bytes, columns: tuple[str, ...], fields: Collection[str]) -> bytes:
        """Return a line with null in some members."""
        return without(line, fields)

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Parse whole lines."""
        return rows_of(_lines(block), block, first_line, columns, "line")


def _lines(block: bytes) -> list[bytes]:
    lines = block.removesuffix(b"\n").split(b"\n") if block else []
    return [line.removesuffix(b"\r") for line in lines] if b"\r" in block else lines
