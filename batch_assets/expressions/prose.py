"""Text that people wrote for others: without markup and control characters, in one form, and without what says where somebody can be found.

Belongs here: cleaning and masking. Does not belong here: what the text says.
"""

import ibis.expr.types as ir

from .unicode import one_form

_MARKUP = r"<[^<>]{0,500}>"
_ENTITIES = {"&quot;": '"', "&#39;": "'", "&#039;": "'", "&apos;": "'", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&amp;": "&"}
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
_UNSEEN = r"\x1b\[[0-9;]{0,10}m|[\x{200b}-\x{200d}\x{2060}\x{feff}]"
_CONTROL = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]+"
_BLANKS = r"\s{2,}"
_STREETS = "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl"

MASKS = {
    "[link]": r"(?i)\b(?:https?://|www\.)\S+",
    "[email]": r"(?i)\b[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}",
    "[address]": rf"\b\d{{1,6}}[A-Za-z]?(?: [A-Z][\pL.'-]{{0,40}}){{1,4}},? (?:{_STREETS})\b\.?(?:,? \d{{5}})?",
    "[number]": r"\+?\(?\b\d{2,4}\)?(?:[ ./-]?\d{2,5}){2,6}\b|\b\d{5,}\b",
}
"""What is masked, by what stands in its place: links, e-mail addresses, streets with a house number, and numbers as long as a telephone's or a postcode's."""


def plain(text: ir.StringColumn) -> ir.StringColumn:
    """Return text without markup, entities, control and unseen characters, in the form NFC, with single blanks; null if nothing is left."""
    seen = text.re_replace(_UNSEEN, "").re_replace(_CONTROL, " ").re_replace(_MARKUP, " ")
    for written, meant in {**_ENTITIES, **_QUOTES}.items():
        seen = seen.replace(written, meant)
    return one_form(seen.re_replace(_BLANKS, " "))


def masked(text: ir.StringColumn) -> ir.StringColumn:
    """Return text in which nobody's address or number stands."""
    for mask, pattern in MASKS.items():
        text = text.re_replace(pattern, mask)
    return text
