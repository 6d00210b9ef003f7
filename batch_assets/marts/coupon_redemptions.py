"""Redeemed coupons, typed and each once. Invalid ones are rejected with the reason."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.text import cents, dotted_date, whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import first_of_each

MOST_CENTS = 100_000
"""A value beyond this is taken for an error; the demo's largest is 20 dollars."""

_NUMBERS = ("voucher_no", "store_id", "campaign_id", "coupon_upc")


class CouponRedemptions(Contract):
    """Redeemed coupons."""

    batch_date: dt.Date = Field(description="day on which they were redeemed")
    voucher_no: dt.Int64 = Field(gt=0, description="number under which the coupon was cleared")
    store_id: dt.Int64 = Field(gt=0, description="number of the store")
    campaign_id: dt.Int64 = Field(gt=0, description="number of the campaign")
    coupon_upc: dt.Int64 = Field(gt=0, description="number of the coupon")
    contact_id: dt.String = Field(nullable=True, description="marketing's number of the contact; null if it was torn off")
    name: dt.String = Field(nullable=True, private=True, description="name as written on the coupon; null if blank")
    value_cents: dt.Int64 = Field(ge=0, le=MOST_CENTS, description="cents that the till took off; 0 if the list has no value")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date and voucher."""

        unique = ["batch_date", "voucher_no"]


@table(contract=CouponRedemptions, measure="value_cents")
def coupon_redemptions(redemptions: ir.Table) -> ir.Table:
    """Redeemed coupons. Grain: one row per batch_date and voucher_no."""
    typed = redemptions.select(
        "batch_date",
        *(whole_number(redemptions[name]).name(name) for name in _NUMBERS),
        redeemed_on=dotted_date(redemptions.redeemed_on),
        contact_id=one_form(redemptions.contact_id),
        name=one_form(redemptions.name),
        value_cents=ibis.ifelse(redemptions.value == "", 0, cents(redemptions.value, decimal=",")),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            *((_[name].isnull() | (_[name] <= 0), f"{name} is not a positive whole number") for name in _NUMBERS),
            (_.redeemed_on.isnull(), "redeemed_on is not a day such as 24.12.2017"),
            (_.redeemed_on != _.batch_date, "redeemed_on is another day than the file's"),
            (_.value_cents.isnull(), "value is not dollars and cents with a decimal comma"),
            (_.value_cents < 0, "value is negative"),
            (_.value_cents > MOST_CENTS, f"value is more than {MOST_CENTS // 100} dollars"),
            (~_.contact_id.re_search(r"^C\d{6}$"), "contact_id is not C and six digits"),
        )
    ).drop("redeemed_on")
    return first_of_each(judged, "voucher_no", otherwise="the line repeats an earlier voucher of the day")
