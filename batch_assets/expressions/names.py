"""Names of people, in one form: lower case, without accents and signs, the given names apart from the family name.

Known are `Jane Doe`, `Doe, Jane`, `J. Doe` and `Jane D.`. Which of several words are the family name is a matter of language; here it
is the last word, or all that stands before a comma.
"""

from typing import Any

import ibis
import ibis.expr.types as ir


def _without_accents(text: Any) -> Any:
    """Return text whose letters have no accents; an engine has this under the name that is given below."""


_bare: Any = ibis.udf.scalar.builtin(_without_accents, name="strip_accents", signature=(("string",), "string"))


def bare(text: ir.StringValue) -> ir.StringValue:
    """Return text in lower case, without accents; what is neither a letter nor a digit is one blank; null if nothing is left."""
    return _bare(text.lower()).re_replace(r"[^\pL\pN]+", " ").strip().nullif("")


def given_name(name: ir.StringValue) -> ir.StringValue:
    """Return the given names, bare; null if the name has only one word."""
    return bare(ibis.ifelse(_is_inverted(name), name.re_extract(r",(.*)$", 1), bare(name).re_extract(r"^(.*) \S+$", 1)))


def family_name(name: ir.StringValue) -> ir.StringValue:
    """Return the family name, bare; null if there is none."""
    return bare(ibis.ifelse(_is_inverted(name), name.re_extract(r"^([^,]*),", 1), bare(name).re_extract(r"(\S+)$", 1)))


def _is_inverted(name: ir.StringValue) -> ir.BooleanValue:
    return name.contains(",")
