"""Text from data in Markdown: it stays text, whatever it says. A cell of a table does not end, no picture is fetched, no tag is one.

Does not belong here: what is shown (`preview.py`, `charts.py`).
"""

import re

_MARKS = re.compile(r"[\\`*_{}\[\]<>()#!|&~$@]|:(?=/)|(?<=www)\.", re.IGNORECASE)
"""What Markdown, HTML and the addresses that Markdown makes links of by itself begin or end with."""


def as_text(text: str) -> str:
    """Return Markdown, in one line, that shows a text as it stands; what cannot be printed is a blank."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return _MARKS.sub(lambda mark: "\\" + mark[0], " ".join(printable.split()))


def put_between(text: str, begin: str, end: str, new: str) -> str:
    """Return a page with something new between two markers.

    Raises:
        ValueError: the page does not contain each marker once, in order.
    """
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end) or begin in rest or end in before + after:
        raise ValueError(f"the lines {begin} and {end} must each appear once, in this order; what is generated goes between them")
    return f"{before}{begin}\n\n{new}\n\n{end}{after}"
