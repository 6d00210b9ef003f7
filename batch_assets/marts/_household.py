"""The household as the till knows it: a number that stands for a surname and a postcode, however the cashier typed the name.

The number is a pseudonym: a salted hash, from which the name cannot be read, and which nobody without the salt can compute.
Cashiers write `Doe, Jane`, `J. Doe` and `JANE DOE`, and swap two letters now and then; so only the surname counts, in lower case,
its letters sorted. Two households with one surname and one postcode are taken for one.

Belongs here: who is a customer, which a table of customers would say better. Does not belong here: what they buy.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from ..expressions.names import letters
from ..settings import settings

_DIGITS = "0123456789abcdef"
_LENGTH = 15
"""Hexadecimal digits of the hash that are kept: as many as fit into a number of 63 bits."""


def households(receipts: ir.Table) -> ir.Table:
    """Return the household of each name and postcode that was typed on a day.

    Args:
        receipts: rows with batch_date, customer_name and postcode.

    Returns:
        batch_date, customer_name, postcode, household_id: one row of each combination in which neither name nor postcode is blank.
    """
    typed = receipts.select("batch_date", "customer_name", "postcode").distinct()
    name = typed.customer_name.strip()
    surname = ibis.ifelse(name.contains(","), name.split(",")[0], name.re_extract(r"(\S+)$", 1)).strip().nullif("")
    key = ibis.literal(settings.pseudonym_salt) + "|" + typed.postcode.strip().nullif("") + "|" + letters(surname.lower())
    # The second `distinct` keeps the engine from computing the hash anew for each of its digits.
    hashed = typed.mutate(digest=key.hexdigest("sha256")).filter(_.digest.notnull()).distinct()
    digits = [ibis.literal(_DIGITS).find(hashed.digest.substr(place, 1)).cast("int64") * 16 ** (_LENGTH - 1 - place) for place in range(_LENGTH)]
    return hashed.select("batch_date", "customer_name", "postcode", household_id=sum(digits[1:], digits[0]).cast("int64"))
