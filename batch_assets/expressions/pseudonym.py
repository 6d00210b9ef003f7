"""Pseudonyms: a salted hash in place of what is personal, from which it cannot be read, and which nobody without the salt can compute."""

import ibis
import ibis.expr.types as ir

from ..settings import settings

_DIGITS = 16
"""Hexadecimal digits of the hash that are kept: two of a hundred million texts get the same with a probability of 1 in 4,000."""


def pseudonym(*parts: ir.StringValue) -> ir.StringValue:
    """Return what stands for some texts together; a null is a text of its own."""
    told = [part.cast("string").replace("|", " ").fill_null("-") for part in parts]
    return ibis.literal("|").join([ibis.literal(settings.pseudonym_salt), *told]).hexdigest("sha256").substr(0, _DIGITS)
