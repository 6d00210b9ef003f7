"""What is known about each category's demand at the end of the batch day: exact sums over the days up to it.

A day is one on which the store was open, which shows in something having been sold: closed days are not days without demand.
Windows of whole weeks have as many of the last Mondays, Tuesdays and so on as they have weeks, whatever closures lie in between,
so each weekday counts alike. What a product sold counts in the category that it has as of the batch day, and so does its promotion.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..marts.category_day_sales import UNKNOWN
from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._horizon import HORIZON
from ._promoted import PLANNED, planned, promoted

LONGEST = 91
"""The longest look-back window in calendar days, including the batch day."""

NOT_DEMAND = ("COUPON/MISC ITEMS", "FUEL", UNKNOWN)
"""Categories whose quantities are not units, or whose products are unknown."""

LEAST_SOLD = (4, 9)
"""A category is forecast if it had sales on at least 4 in 9 of the open days of the last 91 days."""

OUTLIER = 4
"""A day counts at most this many times what 9 in 10 of a category's days with sales do not exceed."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MEASURES = ("units", "amount_cents", "discount_cents")
_PLANNED = ("promoted_28d", "days_planned", *(f"promoted_{n}d" for n in range(1, HORIZON + 1)))
_MILLIONTHS = 10**6


class CategoryDemand(Contract):
    """What is known about a category's demand as of a day. Sums are over open days up to batch_date, in store-local time; a week has each weekday once."""

    batch_date: dt.Date = Field(description="the day as of which this is known")
    category: dt.String = Field(description="category that is sold regularly")
    days_known: dt.Int64 = Field(ge=1, le=LONGEST, description="days in the last 91 on which the store was open")
    mon_days: dt.Int64 = Field(ge=0, le=13, description="Mondays among them")
    tue_days: dt.Int64 = Field(ge=0, le=13, description="Tuesdays among them")
    wed_days: dt.Int64 = Field(ge=0, le=13, description="Wednesdays among them")
    thu_days: dt.Int64 = Field(ge=0, le=13, description="Thursdays among them")
    fri_days: dt.Int64 = Field(ge=0, le=13, description="Fridays among them")
    sat_days: dt.Int64 = Field(ge=0, le=13, description="Saturdays among them")
    sun_days: dt.Int64 = Field(ge=0, le=13, description="Sundays among them")
    days_sold_28d: dt.Int64 = Field(ge=0, le=28, description="days with sales in the last 4 weeks")
    days_sold_91d: dt.Int64 = Field(ge=0, le=LONGEST, description="days with sales in the last 13 weeks")
    days_since_sale: dt.Int64 = Field(ge=0, lt=LONGEST, description="open days since the last sale")
    most_units: dt.Int64 = Field(ge=0, description=f"the most that a day counts: {OUTLIER} times the 90 % quantile of the days with sales")
    units_3d: dt.Int64 = Field(ge=0, description="units sold in the last 3 days")
    units_7d: dt.Int64 = Field(ge=0, description="units sold in the last week")
    units_14d: dt.Int64 = Field(ge=0, description="units sold in the last 2 weeks")
    units_28d: dt.Int64 = Field(ge=0, description="units sold in the last 4 weeks: the level")
    units_56d: dt.Int64 = Field(ge=0, description="units sold in the last 8 weeks")
    units_91d: dt.Int64 = Field(ge=0, description="units sold in the last 13 weeks")
    squares_28d: dt.Int64 = Field(ge=0, description="sum of squared daily units over the last 4 weeks")
    recent_units: dt.Int64 = Field(ge=0, description="units sold in the last 13 weeks, in millionths, exponentially weighted with a decay of 0.85 per open day")
    slow_units: dt.Int64 = Field(ge=0, description="units sold in the last 13 weeks, in millionths, exponentially weighted with a decay of 0.95 per open day")
    mon_7d: dt.Int64 = Field(ge=0, description="units sold on the last Monday")
    tue_7d: dt.Int64 = Field(ge=0, description="units sold on the last Tuesday")
    wed_7d: dt.Int64 = Field(ge=0, description="units sold on the last Wednesday")
    thu_7d: dt.Int64 = Field(ge=0, description="units sold on the last Thursday")
    fri_7d: dt.Int64 = Field(ge=0, description="units sold on the last Friday")
    sat_7d: dt.Int64 = Field(ge=0, description="units sold on the last Saturday")
    sun_7d: dt.Int64 = Field(ge=0, description="units sold on the last Sunday")
    mon_28d: dt.Int64 = Field(ge=0, description="units sold on Mondays in the last 4 weeks")
    tue_28d: dt.Int64 = Field(ge=0, description="units sold on Tuesdays in the last 4 weeks")
    wed_28d: dt.Int64 = Field(ge=0, description="units sold on Wednesdays in the last 4 weeks")
    thu_28d: dt.Int64 = Field(ge=0, description="units sold on Thursdays in the last 4 weeks")
    fri_28d: dt.Int64 = Field(ge=0, description="units sold on Fridays in the last 4 weeks")
    sat_28d: dt.Int64 = Field(ge=0, description="units sold on Saturdays in the last 4 weeks")
    sun_28d: dt.Int64 = Field(ge=0, description="units sold on Sundays in the last 4 weeks")
    mon_56d: dt.Int64 = Field(ge=0, description="units sold on Mondays in the last 8 weeks")
    tue_56d: dt.Int64 = Field(ge=0, description="units sold on Tuesdays in the last 8 weeks")
    wed_56d: dt.Int64 = Field(ge=0, description="units sold on Wednesdays in the last 8 weeks")
    thu_56d: dt.Int64 = Field(ge=0, description="units sold on Thursdays in the last 8 weeks")
    fri_56d: dt.Int64 = Field(ge=0, description="units sold on Fridays in the last 8 weeks")
    sat_56d: dt.Int64 = Field(ge=0, description="units sold on Saturdays in the last 8 weeks")
    sun_56d: dt.Int64 = Field(ge=0, description="units sold on Sundays in the last 8 weeks")
    amount_7d: dt.Int64 = Field(ge=0, description="cents paid in the last week")
    amount_28d: dt.Int64 = Field(ge=0, description="cents paid in the last 4 weeks")
    amount_91d: dt.Int64 = Field(ge=0, description="cents paid in the last 13 weeks")
    discount_7d: dt.Int64 = Field(ge=0, description="discount in cents in the last week")
    discount_28d: dt.Int64 = Field(ge=0, description="discount in cents in the last 4 weeks")
    promoted_28d: dt.Int64 = Field(ge=0, description="products in a mailer times days, of the last 28 days")
    days_planned: dt.Int64 = Field(ge=0, le=HORIZON, description=f"days ahead for which the plan of promotions is known, up to {HORIZON}")
    promoted_1d: dt.Int64 = Field(ge=0, description="products in a mailer 1 day after batch_date, as far as the plan is known")
    promoted_2d: dt.Int64 = Field(ge=0, description="products in a mailer 2 days after batch_date, as far as the plan is known")
    promoted_3d: dt.Int64 = Field(ge=0, description="products in a mailer 3 days after batch_date, as far as the plan is known")
    promoted_4d: dt.Int64 = Field(ge=0, description="products in a mailer 4 days after batch_date, as far as the plan is known")
    promoted_5d: dt.Int64 = Field(ge=0, description="products in a mailer 5 days after batch_date, as far as the plan is known")
    promoted_6d: dt.Int64 = Field(ge=0, description="products in a mailer 6 days after batch_date, as far as the plan is known")
    promoted_7d: dt.Int64 = Field(ge=0, description="products in a mailer 7 days after batch_date, as far as the plan is known")
    promoted_8d: dt.Int64 = Field(ge=0, description="products in a mailer 8 days after batch_date, as far as the plan is known")
    promoted_9d: dt.Int64 = Field(ge=0, description="products in a mailer 9 days after batch_date, as far as the plan is known")
    promoted_10d: dt.Int64 = Field(ge=0, description="products in a mailer 10 days after batch_date, as far as the plan is known")
    promoted_11d: dt.Int64 = Field(ge=0, description="products in a mailer 11 days after batch_date, as far as the plan is known")
    promoted_12d: dt.Int64 = Field(ge=0, description="products in a mailer 12 days after batch_date, as far as the plan is known")
    promoted_13d: dt.Int64 = Field(ge=0, description="products in a mailer 13 days after batch_date, as far as the plan is known")
    promoted_14d: dt.Int64 = Field(ge=0, description="products in a mailer 14 days after batch_date, as far as the plan is known")

    class Config:
        """One row per batch_date and category."""

        unique = ["batch_date", "category"]


@table(
    contract=CategoryDemand,
    lookback={"category_day_sales": LONGEST - 1, "category_moves": LONGEST - 1, "promotions": PLANNED, "products": ALL},
    searches=("promotions",),
    measure="units_28d",
)
def category_demand(days: ir.Table, category_day_sales: ir.Table, category_moves: ir.Table, promotions: ir.Table, products: ir.Table) -> ir.Table:
    """Level, trend, weekday shape, price, discount, recency and promotions of demand. Grain: one row per batch_date and category."""
    opened = _open_days(days, category_day_sales)
    known = _without_outliers(_sold_by_day(opened, category_day_sales, category_moves))
    sums = known.group_by("batch_date", "category").agg(**_measures(known))
    measured = sums.join(_count(opened), "batch_date")
    enough_sold = measured.days_sold_91d * LEAST_SOLD[1] >= measured.days_known * LEAST_SOLD[0]
    rows = _beside(_beside(measured.filter(enough_sold), promoted(days, promotions, products), "category"), planned(days, promotions))
    return rows.mutate(**{name: rows[name].fill_null(0) for name in _PLANNED}).select(*CategoryDemand.columns())


def _beside(rows: ir.Table, known: ir.Table, *keys: str) -> ir.Table:
    """Return rows with what is known of their day beside, null where nothing is."""
    joined = rows.left_join(known, ["batch_date", *keys])
    return joined.drop(*(name for name in joined.columns if name.endswith("_right")))


def _open_days(days: ir.Table, category_day_sales: ir.Table) -> ir.Table:
    """Return the days in each batch day's window on which anything was sold; `age` counts the open days after one, `week` those of its weekday."""
    first = days.batch_date - ibis.interval(days=LONGEST - 1)
    arrived = category_day_sales.filter(_.lines > 0).select("sold_on", arrived_on=_.batch_date).distinct()
    looked_at = days.join(arrived, [arrived.arrived_on <= days.batch_date, arrived.arrived_on >= first, arrived.sold_on >= first])
    opened = looked_at.select("batch_date", "sold_on", weekday=_.sold_on.day_of_week.index()).distinct()
    latest_first = {"order_by": ibis.desc(_.sold_on)}
    return opened.mutate(
        age=ibis.row_number().over(ibis.window(group_by="batch_date", **latest_first)),
        week=ibis.row_number().over(ibis.window(group_by=["batch_date", "weekday"], **latest_first)),
    )


def _count(opened: ir.Table) -> ir.Table:
    """Return how many days were open in each batch day's window, in all and by weekday."""
    by_weekday = {f"{weekday}_days": (_.weekday == index).sum().cast("int64") for index, weekday in enumerate(_WEEKDAYS)}
    return opened.group_by("batch_date").agg(days_known=_.count(), **by_weekday)


def _sold_by_day(opened: ir.Table, sales: ir.Table, moves: ir.Table) -> ir.Table:
    """Join the open days with what was sold on them as known on the batch day, by the categories that products have on it."""
    columns = ("batch_date", "sold_on", "category", *_MEASURES)
    moved = moves.filter(moves.arrived_on < moves.moved_on).select(*columns)
    sold = sales.select(*columns).union(moved).filter(_.category.notin(NOT_DEMAND)).rename(known_on="batch_date")
    first = opened.batch_date - ibis.interval(days=LONGEST - 1)
    known = opened.join(sold, [opened.sold_on == sold.sold_on, sold.known_on <= opened.batch_date, sold.known_on >= first])
    grain = ("batch_date", "category", "sold_on", "age", "week", "weekday")
    return known.group_by(*grain).agg(**{name: _[name].sum().cast("int64") for name in _MEASURES})


def _without_outliers(sold: ir.Table) -> ir.Table:
    """Cut what no category sells in a day: a wrong quantity of one line would otherwise be the level for weeks."""
    high = sold.group_by("batch_date", "category").agg(
        most_units=_most(_.units, _.units > 0),
        most_cents=_most(_.amount_cents, _.units > 0),
    )
    return sold.join(high, ["batch_date", "category"]).mutate(
        units=ibis.least(_.units, _.most_units),
        amount_cents=ibis.least(_.amount_cents, _.most_cents),
        discount_cents=ibis.least(_.discount_cents, _.most_cents),
    )


def _most(value: ir.IntegerColumn, where: ir.BooleanColumn) -> ir.IntegerScalar:
    return (value.quantile(0.9, where=where).fill_null(0) * OUTLIER).floor().cast("int64")


def _measures(known: ir.Table) -> dict[str, ir.IntegerScalar]:
    """Return the sums over the window; each column is named after what it sums and over how many days."""
    sold = _.units > 0
    within = {3: known.age < 3} | {n: known.week < n // 7 for n in (7, 14, 28, 56, 91)}
    measures = {f"units_{n}d": _sum(_.units, within[n]) for n in within}
    measures |= {f"{weekday}_{n}d": _sum(_.units, within[n] & (_.weekday == index)) for n in (7, 28, 56) for index, weekday in enumerate(_WEEKDAYS)}
    measures |= {f"amount_{n}d": _sum(_.amount_cents, within[n]) for n in (7, 28, 91)}
    measures |= {f"discount_{n}d": _sum(_.discount_cents, within[n]) for n in (7, 28)}
    measures |= {f"days_sold_{n}d": _sum(sold.cast("int64"), within[n]) for n in (28, 91)}
    return measures | {
        "days_since_sale": _.age.min(where=sold).fill_null(LONGEST - 1).cast("int64"),
        "squares_28d": _sum(_.units * _.units, within[28]),
        "recent_units": _sum(_.units * _weight(known.age, 0.85), within[91]),
        "slow_units": _sum(_.units * _weight(known.age, 0.95), within[91]),
        "most_units": _.most_units.max(),
    }


def _sum(value: ir.IntegerColumn, where: ir.BooleanColumn) -> ir.IntegerScalar:
    return value.sum(where=where).fill_null(0).cast("int64")


def _weight(age: ir.IntegerColumn, decay: float) -> ir.IntegerColumn:
    """Return `decay ** age` in whole millionths, so that weighted sums are exact on every engine."""
    weights = [round(_MILLIONTHS * decay**days) for days in range(LONGEST)]
    return ibis.array(weights)[age]
