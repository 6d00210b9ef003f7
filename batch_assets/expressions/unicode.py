"""One form of Unicode for text that identifies something: what looks the same is the same."""

from typing import Any

import ibis
import ibis.expr.types as ir

NO_BREAK_SPACES = "\u00a0\u2007\u202f"
"""Blanks at which no line is broken: to a person, blanks like any other."""


def _nfc(text: Any) -> Any:
    """Return text in the form NFC; an engine has this under the name that is given below."""


_composed: Any = ibis.udf.scalar.builtin(_nfc, name="nfc_normalize", signature=(("string",), "string"))


def one_form(text: ir.StringColumn) -> ir.StringColumn:
    """Return text with its letters composed (NFC), ordinary blanks in place of no-break ones, and no blanks around it; null if nothing is left."""
    composed = _composed(text)
    for blank in NO_BREAK_SPACES:
        composed = composed.replace(blank, " ")
    return composed.strip().nullif("")
