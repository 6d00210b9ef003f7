"""JSON Lines: one JSON object per line."""

import orjson
import pyarrow as pa

from .format import Refused
from .lines import LineFormat, Rows


class JsonLines(LineFormat):
    """One JSON object per line, with exactly the expected members; numbers become text as JSON writes them. Reference: jsonlines.org."""

    def parse(self, block: bytes, first_line: int, columns: tuple[str, ...]) -> Rows:
        """Read a block line by line."""
        values: list[list[str | None]] = [[] for _ in columns]
        lines: list[int] = []
        refused: list[Refused] = []
        for number, raw in enumerate(_lines(block), first_line):
            row = self._row(raw, columns)
            if isinstance(row, str):
                refused.append(Refused.of(number, row, raw))
                continue
            lines.append(number)
            for column, name in zip(values, columns, strict=True):
                value = row[name]
                column.append(value if value is None or isinstance(value, str) else orjson.dumps(value).decode())
        return Rows([pa.array(column, pa.string()) for column in values], pa.array(lines, pa.int64()), refused)

    def _row(self, raw: bytes, columns: tuple[str, ...]) -> dict[str, object] | str:
        """Return the line's object, or the reason why it is not a row."""
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return "the line is not JSON"
        if not isinstance(row, dict):
            return f"the line is JSON, but a {type(row).__name__}, not an object"
        if row.keys() != set(columns):
            missing, extra = sorted(set(columns) - row.keys()), sorted(row.keys() - set(columns))
            return "; ".join([f"missing {', '.join(missing)}"] * bool(missing) + [f"unexpected {', '.join(extra)}"] * bool(extra))
        return row


def _lines(block: bytes) -> list[bytes]:
    lines = block.removesuffix(b"\n").split(b"\n") if block else []
    return [line.removesuffix(b"\r") for line in lines] if b"\r" in block else lines
