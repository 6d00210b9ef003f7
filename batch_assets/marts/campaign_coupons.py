"""Coupons of the campaigns, typed and each once: which products a campaign promotes, and how long. Invalid ones are rejected with the reason."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.text import iso_date, whole_number
from ..table.contract import Contract, Field, rule
from ..table.table import table
from ._once import first_of_each

LONGEST = 200
"""The most days from a campaign's announcement to its end; the demo's longest is 168. What looks back so many days sees every campaign that is running."""

_NUMBERS = ("campaign_id", "coupon_upc", "product_id")


class CampaignCoupons(Contract):
    """Products of coupons that were announced on a day."""

    batch_date: dt.Date = Field(description="day on which the campaign was announced")
    campaign_id: dt.Int64 = Field(gt=0, description="number of the campaign")
    coupon_upc: dt.Int64 = Field(gt=0, description="number of the coupon")
    product_id: dt.Int64 = Field(gt=0, description="number of a product that the coupon is for")
    starts_on: dt.Date = Field(description="first day of the campaign, on which its coupons become valid")
    ends_on: dt.Date = Field(description="last day of the campaign")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date, campaign, coupon and product."""

        unique = ["batch_date", *_NUMBERS]

    @rule
    def ends_after_it_starts(cls, rows: ir.Table) -> ir.BooleanValue:
        """starts_on <= ends_on"""  # noqa: D415 - it is the message
        return rows.starts_on <= rows.ends_on


@table(contract=CampaignCoupons)
def campaign_coupons(coupon_list: ir.Table) -> ir.Table:
    """Products of the coupons of announced campaigns. Grain: one row per batch_date, campaign_id, coupon_upc and product_id."""
    typed = coupon_list.select(
        "batch_date",
        *(whole_number(coupon_list[name]).name(name) for name in _NUMBERS),
        starts_on=iso_date(coupon_list.starts_on),
        ends_on=iso_date(coupon_list.ends_on),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            *((_[name].isnull() | (_[name] <= 0), f"{name} is not a positive whole number") for name in _NUMBERS),
            *((_[name].isnull(), f"{name} is not a day such as 2017-12-24") for name in ("starts_on", "ends_on")),
            (_.ends_on < _.starts_on, "ends_on is before starts_on"),
            (_.ends_on < _.batch_date, "ends_on is before the day of the announcement"),
            (_.ends_on > _.batch_date + ibis.interval(days=LONGEST), f"ends_on is more than {LONGEST} days after the announcement"),
        )
    )
    return first_of_each(judged, *_NUMBERS, otherwise="the line repeats an earlier one of the day")
