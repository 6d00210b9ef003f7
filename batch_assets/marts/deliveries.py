"""Deliveries to households, typed and each once. Invalid ones are rejected with the reason."""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.local_time import to_local
from ..expressions.text import utc_time, whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import first_of_each

_NEEDED = ("name", "street", "postcode", "city")


class Deliveries(Contract):
    """Deliveries."""

    batch_date: dt.Date = Field(description="day of the file with the delivery")
    delivery_no: dt.Int64 = Field(gt=0, description="number of the delivery")
    delivered_at: Annotated[dt.Timestamp, None, 6, True] = Field(description="time of delivery, UTC")
    store_id: dt.Int64 = Field(gt=0, description="number of the store that packed it")
    receipt_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the receipt in its store; null if the driver noted none")
    name: dt.String = Field(private=True, description="recipient's name")
    phone: dt.String = Field(nullable=True, private=True, description="recipient's phone, its digits alone; null if there is none")
    street: dt.String = Field(private=True, description="street and number")
    postcode: dt.String = Field(private=True, description="postcode of five digits")
    city: dt.String = Field(private=True, description="city")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="number of the record in the raw file")

    class Config:
        """One row per batch_date and delivery."""

        unique = ["batch_date", "delivery_no"]


@table(contract=Deliveries)
def deliveries(delivery_notes: ir.Table) -> ir.Table:
    """Deliveries to households. Grain: one row per batch_date and delivery_no."""
    typed = delivery_notes.select(
        "batch_date",
        delivery_no=whole_number(delivery_notes.delivery_no),
        delivered_at=utc_time(delivery_notes.delivered_at),
        store_id=whole_number(delivery_notes.store_id),
        receipt_id=whole_number(delivery_notes.receipt_id),
        **{name: one_form(delivery_notes[name]) for name in _NEEDED},
        phone=delivery_notes.phone.re_replace(r"[^0-9A-Za-z]", "").nullif(""),
        has_receipt=_.receipt_id.notnull(),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            *((_[name].isnull() | (_[name] <= 0), f"{name} is not a positive whole number") for name in ("delivery_no", "store_id")),
            (_.has_receipt & (_.receipt_id.isnull() | (_.receipt_id <= 0)), "receipt_id is not a positive whole number"),
            (_.delivered_at.isnull(), "delivered_at is not a UTC time"),
            (
                ~to_local(_.delivered_at).date().isin([_.batch_date, _.batch_date + ibis.interval(days=1)]),
                "delivered_at is neither on the file's day nor on the next",
            ),
            *((_[name].isnull(), f"{name} is missing") for name in _NEEDED),
            (~_.postcode.re_search(r"^\d{5}$"), "postcode is not five digits"),
            (~_.phone.re_search(r"^\d{7,15}$"), "phone is not 7 to 15 digits"),
        )
    ).drop("has_receipt")
    return first_of_each(judged, "delivery_no", otherwise="the record repeats an earlier delivery of the day")
