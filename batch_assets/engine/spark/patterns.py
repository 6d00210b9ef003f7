r"""Regular expressions: those that every engine reads alike, and the others, which are matched by RE2 on every engine.

DuckDB matches by RE2, Spark by Java's library, and other engines that speak Spark Connect by others; `\s`, `\b`, `$`, `(?i)` and classes of
letters differ between them. A pattern of plain ASCII signs means the same everywhere, once `\d` and `$` are spelled out. All others are left
to RE2 (`functions.py`), which is slower, since rows go through Python.
"""

import re

_TOKEN = re.compile(
    r"\\d|\\[.+*?()\[\]{}/-]|\$|\^|\((?:\?:|(?!\?))|\)|\||[*+?]|\{\d+(?:,\d+)?\}|\[\^?(?:\\d|[A-Za-z0-9 ,;:@#&=_.?/+-])+\]|[A-Za-z0-9 ,;:@#&=_<>/'\"-]"
)
r"""A part of a pattern that means the same everywhere, but for `\d` and `$`."""

_OF_SETS = ("&&", "--")
"""What has another sense in a class of signs with some engines."""


def alike(pattern: str) -> str | None:
    """Return a pattern that every engine reads as RE2 reads this one; None if there is none that is known."""
    parts = _TOKEN.findall(pattern)
    if "".join(parts) != pattern or any(sign in pattern for sign in _OF_SETS):
        return None
    return "".join(r"\z" if part == "$" else part.replace(r"\d", "0-9" if part.startswith("[") else "[0-9]") for part in parts)


def with_named_group(pattern: str, number: int) -> str:
    """Return an RE2 pattern in which the group of that number, or for 0 the whole, has the name `found`, and no other group is kept."""
    written, seen, at, in_class = "", 0, 0, False
    while at < len(pattern):
        part = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        if in_class:
            in_class = part != "]"
        elif part == "[":
            in_class = True
            # A bracket that comes first in a class does not end it.
            part += "^" * (pattern[at + 1 : at + 2] == "^")
            part += "]" * (pattern[at + len(part) : at + len(part) + 1] == "]")
        elif part == "(" and pattern[at + 1 : at + 2] != "?":
            seen += 1
            written += "(?P<found>" if seen == number else "(?:"
            at += 1
            continue
        written += part
        at += len(part)
    if seen < number:
        raise ValueError(f"{pattern!r} has no group {number}")
    return written if number else f"(?P<found>{written})"
