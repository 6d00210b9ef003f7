"""What is known about each category's demand at the end of the batch day: exact sums over the days up to it."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..marts.category_day_sales import UNKNOWN
from ..table.contract import Contract, Field
from ..table.table import table

LONGEST = 91
"""The longest look-back window in days, including the batch day."""

NOT_DEMAND = ("COUPON/MISC ITEMS", "FUEL", UNKNOWN)
"""Categories whose quantities are not units, or whose products are unknown."""

LEAST_SOLD = (4, 9)
"""A category is forecast if it had sales on at least 4 in 9 of the days known, up to 91 of them."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOWS = (3, 7, 14, 28, 56, 91)
_MILLIONTHS = 10**6


class CategoryDemand(Contract):
    """What is known about a category's demand as of a day. Sums are over the days up to batch_date, in store-local time."""

    batch_date: dt.Date = Field(description="the day as of which this is known")
    category: dt.String = Field(description="category that is sold regularly")
    days_known: dt.Int64 = Field(ge=1, le=LONGEST, description="calendar days covered by the longest window")
    days_sold_28d: dt.Int64 = Field(ge=0, le=28, description="days with sales in the last 28 days")
    days_sold_91d: dt.Int64 = Field(ge=0, le=LONGEST, description="days with sales in the last 91 days")
    days_since_sale: dt.Int64 = Field(ge=0, lt=LONGEST, description="days since the last sale")
    units_3d: dt.Int64 = Field(ge=0, description="units sold in the last 3 days")
    units_7d: dt.Int64 = Field(ge=0, description="units sold in the last 7 days")
    units_14d: dt.Int64 = Field(ge=0, description="units sold in the last 14 days")
    units_28d: dt.Int64 = Field(ge=0, description="units sold in the last 28 days: the level")
    units_56d: dt.Int64 = Field(ge=0, description="units sold in the last 56 days")
    units_91d: dt.Int64 = Field(ge=0, description="units sold in the last 91 days")
    squares_28d: dt.Int64 = Field(ge=0, description="sum of squared daily units over the last 28 days")
    recent_units: dt.Int64 = Field(ge=0, description="units sold in the last 91 days, in millionths, exponentially weighted with a decay of 0.85 per day")
    slow_units: dt.Int64 = Field(ge=0, description="units sold in the last 91 days, in millionths, exponentially weighted with a decay of 0.95 per day")
    mon_7d: dt.Int64 = Field(ge=0, description="units sold on the last Monday")
    tue_7d: dt.Int64 = Field(ge=0, description="units sold on the last Tuesday")
    wed_7d: dt.Int64 = Field(ge=0, description="units sold on the last Wednesday")
    thu_7d: dt.Int64 = Field(ge=0, description="units sold on the last Thursday")
    fri_7d: dt.Int64 = Field(ge=0, description="units sold on the last Friday")
    sat_7d: dt.Int64 = Field(ge=0, description="units sold on the last Saturday")
    sun_7d: dt.Int64 = Field(ge=0, description="units sold on the last Sunday")
    mon_28d: dt.Int64 = Field(ge=0, description="units sold on Mondays in the last 28 days")
    tue_28d: dt.Int64 = Field(ge=0, description="units sold on Tuesdays in the last 28 days")
    wed_28d: dt.Int64 = Field(ge=0, description="units sold on Wednesdays in the last 28 days")
    thu_28d: dt.Int64 = Field(ge=0, description="units sold on Thursdays in the last 28 days")
    fri_28d: dt.Int64 = Field(ge=0, description="units sold on Fridays in the last 28 days")
    sat_28d: dt.Int64 = Field(ge=0, description="units sold on Saturdays in the last 28 days")
    sun_28d: dt.Int64 = Field(ge=0, description="units sold on Sundays in the last 28 days")
    mon_56d: dt.Int64 = Field(ge=0, description="units sold on Mondays in the last 56 days")
    tue_56d: dt.Int64 = Field(ge=0, description="units sold on Tuesdays in the last 56 days")
    wed_56d: dt.Int64 = Field(ge=0, description="units sold on Wednesdays in the last 56 days")
    thu_56d: dt.Int64 = Field(ge=0, description="units sold on Thursdays in the last 56 days")
    fri_56d: dt.Int64 = Field(ge=0, description="units sold on Fridays in the last 56 days")
    sat_56d: dt.Int64 = Field(ge=0, description="units sold on Saturdays in the last 56 days")
    sun_56d: dt.Int64 = Field(ge=0, description="units sold on Sundays in the last 56 days")
    amount_7d: dt.Int64 = Field(ge=0, description="cents paid in the last 7 days")
    amount_28d: dt.Int64 = Field(ge=0, description="cents paid in the last 28 days")
    amount_91d: dt.Int64 = Field(ge=0, description="cents paid in the last 91 days")
    discount_7d: dt.Int64 = Field(ge=0, description="discount in cents in the last 7 days")
    discount_28d: dt.Int64 = Field(ge=0, description="discount in cents in the last 28 days")

    class Config:
        """One row per batch_date and category."""

        unique = ["batch_date", "category"]


@table(contract=CategoryDemand, lookback={"category_day_sales": LONGEST - 1}, measure="units_28d")
def category_demand(days: ir.Table, category_day_sales: ir.Table) -> ir.Table:
    """Level, trend, weekday shape, price, discount and recency of demand. Grain: one row per batch_date and category."""
    known = _days_looked_at(days, category_day_sales)
    sums = known.group_by("batch_date", "category").agg(**_measures(known))
    enough_sold = sums.days_sold_91d * LEAST_SOLD[1] >= sums.days_known * LEAST_SOLD[0]
    return sums.filter(enough_sold).select(*CategoryDemand.columns())


def _days_looked_at(days: ir.Table, category_day_sales: ir.Table) -> ir.Table:
    """Join each batch day with the sales in its look-back window, as known on that day; `age` is 0 on the batch day."""
    sales = category_day_sales.filter(category_day_sales.category.notin(NOT_DEMAND))
    first = days.batch_date - ibis.interval(days=LONGEST - 1)
    looked_at = days.join(
        sales,
        [sales.batch_date <= days.batch_date, sales.batch_date >= first, sales.sold_on >= first],
        rname="known_{name}",
    )
    by_day = looked_at.group_by("batch_date", "category", "sold_on").agg(
        **{name: _[name].sum().cast("int64") for name in ("units", "amount_cents", "discount_cents")}
    )
    return by_day.mutate(age=by_day.batch_date.delta(by_day.sold_on, unit="day"), weekday=by_day.sold_on.day_of_week.index())


def _measures(known: ir.Table) -> dict[str, ir.IntegerScalar]:
    """Return the sums over the window; each column is named after what it sums and over how many days."""
    sold = _.units > 0
    measures = {f"units_{n}d": _sum(_.units, _.age < n) for n in _WINDOWS}
    measures |= {f"{weekday}_{n}d": _sum(_.units, (_.age < n) & (_.weekday == index)) for n in (7, 28, 56) for index, weekday in enumerate(_WEEKDAYS)}
    measures |= {f"amount_{n}d": _sum(_.amount_cents, _.age < n) for n in (7, 28, 91)}
    measures |= {f"discount_{n}d": _sum(_.discount_cents, _.age < n) for n in (7, 28)}
    measures |= {f"days_sold_{n}d": _sum(sold.cast("int64"), _.age < n) for n in (28, 91)}
    return measures | {
        "days_known": (_.age.max() + 1).cast("int64"),
        "days_since_sale": _.age.min(where=sold).fill_null(LONGEST - 1).cast("int64"),
        "squares_28d": _sum(_.units * _.units, _.age < 28),
        "recent_units": _sum(_.units * _weight(known.age, 0.85), _.age < LONGEST),
        "slow_units": _sum(_.units * _weight(known.age, 0.95), _.age < LONGEST),
    }


def _sum(value: ir.IntegerColumn, where: ir.BooleanColumn) -> ir.IntegerScalar:
    return value.sum(where=where).fill_null(0).cast("int64")


def _weight(age: ir.IntegerColumn, decay: float) -> ir.IntegerColumn:
    """Return `decay ** age` in whole millionths, so that weighted sums are exact on every engine."""
    weights = [round(_MILLIONTHS * decay**days) for days in range(LONGEST)]
    return ibis.array(weights)[age]
