"""What in a text matches a regular expression. Engines that match in linear time (RE2) are not stalled by any text, whatever the expression."""

from typing import Any

import ibis
import ibis.expr.types as ir


def _all(text: Any, pattern: Any) -> Any:
    """Return every match; an engine has this under the name that is given below."""


_matches: Any = ibis.udf.scalar.builtin(_all, name="regexp_extract_all", signature=(("string", "string"), "array<string>"))


def matches(text: ir.StringValue, pattern: str) -> ir.ArrayValue:
    """Return what matches a regular expression, in order and without overlaps."""
    return _matches(text, pattern)


def count_of(text: ir.StringValue, pattern: str) -> ir.IntegerValue:
    """Return how often a regular expression matches."""
    return matches(text, pattern).length()
