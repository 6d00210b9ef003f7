"""Marketing's contacts, typed: the history of each contact, from which its state as of any day follows."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.text import whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import last_of_each

FIRST_YEAR = 1900
"""A birth year before this one is taken for an error."""


class Contacts(Contract):
    """Contacts registered or changed on a day."""

    batch_date: dt.Date = Field(description="day of the file with this record")
    contact_id: dt.String = Field(history=True, str_matches=r"^C\d{6}$", description="marketing's number of the contact")
    name: dt.String = Field(nullable=True, private=True, description="name as the contact typed it; null if blank")
    email: dt.String = Field(private=True, description="email address, lower case")
    birth_year: dt.Int64 = Field(ge=FIRST_YEAR, nullable=True, private=True, description="year of birth; null if the contact did not say")
    postcode: dt.String = Field(nullable=True, private=True, description="postcode of five digits; null if the contact did not say")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="number of the record in the raw file")

    class Config:
        """One row per contact and day on which it was registered or changed."""

        unique = ["batch_date", "contact_id"]


@table(contract=Contacts)
def contacts(contact_list: ir.Table) -> ir.Table:
    """Contacts as of the day they were registered or changed. Grain: one row per batch_date and contact_id."""
    typed = contact_list.select(
        "batch_date",
        "contact_id",
        name=one_form(contact_list.name),
        email=one_form(contact_list.email).lower(),
        birth_year=whole_number(contact_list.birth_year),
        postcode=one_form(contact_list.postcode),
        has_birth_year=_.birth_year.notnull(),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            (~_.contact_id.re_search(r"^C\d{6}$").fill_null(False), "contact_id is not C and six digits"),
            (~_.email.re_search(r"^[^@\s]+@[^@\s]+\.[^@\s]+$").fill_null(False), "email is missing or not an address"),
            (_.has_birth_year & ~_.birth_year.between(FIRST_YEAR, _.batch_date.year()).fill_null(False), "birth_year is not a year of a person"),
            (~_.postcode.re_search(r"^\d{5}$"), "postcode is not five digits"),
        )
    ).drop("has_birth_year")
    return last_of_each(judged, "contact_id", otherwise="a later record of the day has this contact")
