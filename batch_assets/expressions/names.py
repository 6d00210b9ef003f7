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


def _slips(one: Any, other: Any) -> Any:
    """Return how many letters differ or are swapped; an engine has this under the name that is given below."""


_apart: Any = ibis.udf.scalar.builtin(_slips, name="damerau_levenshtein", signature=(("string", "string"), "int64"))


def bare(text: ir.StringValue) -> ir.StringValue:
    """Return text in lower case, without accents; what is neither a letter nor a digit is one blank; null if nothing is left."""
    return _bare(text.lower()).re_replace(r"[^\pL\pN]+", " ").strip().nullif("")


def given_name(name: ir.StringValue) -> ir.StringValue:
    """Return the given names, bare; null if the name has only one word."""
    return bare(ibis.ifelse(_is_inverted(name), name.re_extract(r",(.*)$", 1), bare(name).re_extract(r"^(.*) \S+$", 1)))


def family_name(name: ir.StringValue) -> ir.StringValue:
    """Return the family name, bare; null if there is none."""
    return bare(ibis.ifelse(_is_inverted(name), name.re_extract(r"^([^,]*),", 1), bare(name).re_extract(r"(\S+)$", 1)))


def slips(one: ir.StringValue, other: ir.StringValue) -> ir.IntegerValue:
    """Return by how many slips two names differ: a letter that is another, missing or too much, or two neighbours that are swapped."""
    return _apart(one, other)


def letters(name: ir.StringValue) -> ir.StringValue:
    """Return the letters of a name in order, which are the same if some of them were swapped."""
    return name.split("").sort().join("")


def _is_inverted(name: ir.StringValue) -> ir.BooleanValue:
    return name.contains(",")
