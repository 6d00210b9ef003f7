"""Till lines, typed and assigned to trading days, as often as they were sent. Invalid lines are rejected with the reason."""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.local_time import trading_day
from ..expressions.text import cents, utc_time, whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table

MOST_DAYS_LATE = 7
"""A line that arrives more than this many days after its sale is treated as a clock error."""

MOST_PIECES = 100_000
"""A quantity beyond this is taken for a barcode. Fuel and coupons, which have units of their own, go up to 90,000 in the demo; pieces to 144."""

MOST_CENTS = 10_000_000
"""Money of a line beyond this is taken for an error; the demo's largest line is 840 dollars."""

_NUMBERS = ("receipt_id", "line_no", "store_id", "product_id", "quantity")
_MONEY = ("amount", "retail_discount", "coupon_discount", "coupon_match_discount")


class TillLines(Contract):
    """Valid receipt lines, as they were sent."""

    batch_date: dt.Date = Field(description="day on which the lake received the line")
    receipt_id: dt.Int64 = Field(gt=0, description="number of the receipt in its store")
    line_no: dt.Int64 = Field(gt=0, description="line within the receipt")
    sold_at: Annotated[dt.Timestamp, None, 6, True] = Field(description="time of sale, UTC")
    sold_on: dt.Date = Field(description="store-local day of sale: batch_date, or up to 7 days before")
    store_id: dt.Int64 = Field(gt=0, description="number of the store")
    customer_name: dt.String = Field(nullable=True, private=True, description="customer's name as typed; null if blank")
    postcode: dt.String = Field(nullable=True, private=True, description="customer's postcode as typed; null if blank")
    product_id: dt.Int64 = Field(gt=0, description="number of the product, which may not be in the catalogue yet")
    quantity: dt.Int64 = Field(ge=0, le=MOST_PIECES, description="units sold; for fuel and a few services, in their own unit of measure")
    amount_cents: dt.Int64 = Field(ge=0, le=MOST_CENTS, description="cents paid by the customer")
    discount_cents: dt.Int64 = Field(ge=0, le=3 * MOST_CENTS, description="discount in cents, all three discounts together")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per line of a raw file."""

        unique = ["batch_date", "source_file", "source_line"]


@table(contract=TillLines, measure="amount_cents")
def till_lines(pos_log: ir.Table) -> ir.Table:
    """Till lines, typed; a line that was sent twice is there twice. Grain: one row per line of a raw file."""
    typed = pos_log.select(
        "batch_date",
        *(whole_number(pos_log[name]).name(name) for name in _NUMBERS),
        *(cents(pos_log[name]).name(name) for name in _MONEY),
        sold_at=utc_time(pos_log.sold_at),
        customer_name=one_form(pos_log.customer_name),
        postcode=one_form(pos_log.postcode),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    dated = typed.mutate(
        sold_on=trading_day(typed.sold_at, typed.batch_date),
        amount_cents=_.amount,
        discount_cents=_.retail_discount + _.coupon_discount + _.coupon_match_discount,
    )
    return dated.mutate(reject_reason=_nonsense()).drop(*_MONEY)


def _nonsense() -> ir.StringValue:
    """Return the reason why a line is invalid by itself; null if it is valid."""
    return ibis.cases(
        *((_[name].isnull(), f"{name} is not a whole number") for name in _NUMBERS),
        *((_[name].isnull(), f"{name} is not dollars and cents") for name in _MONEY),
        (_.sold_at.isnull(), "sold_at is not a UTC time"),
        (_.sold_on > _.batch_date, "sold_at is after the batch day"),
        (_.sold_on < _.batch_date - ibis.interval(days=MOST_DAYS_LATE), f"sold_at is more than {MOST_DAYS_LATE} days before the batch day"),
        *((_[name] <= 0, f"{name} is not positive") for name in ("receipt_id", "line_no", "store_id", "product_id")),
        *((_[name] < 0, f"{name} is negative") for name in ("quantity", *_MONEY)),
        (_.quantity > MOST_PIECES, f"quantity is more than {MOST_PIECES}"),
        *((_[name] > MOST_CENTS, f"{name} is more than {MOST_CENTS // 100} dollars") for name in _MONEY),
    )
