"""What customers bought up to each batch day: the purchases in the look-back, and their sums by customer, by product and by both.

All of it depends on `days` alone: a table of batch days, or of earlier days as of which a model is trained. All sums are of whole numbers.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from ..marts.products import as_valid

LOOK_BACK = 181
"""Days before the batch day that are looked at, so half a year with it: what was bought before counts as never bought."""

RECENT = 91
"""The days within which a customer is active, and by which customers and products are compared."""

WEEK = 7
"""The days ahead for which products are recommended, and after which it is judged what was bought."""

NOT_OFFERED = ("FUEL", "COUPON", "MISCELLANEOUS")
"""Departments that nobody recommends."""

NOT_OFFERED_CATEGORY = "COUPON/MISC ITEMS"

HALF_LIVES = (20, 60, 120)
"""Days after which a purchase counts half, for each of the decayed counts."""

MILLIONTHS = 10**6


def offered(days: ir.Table, products: ir.Table) -> ir.Table:
    """Return the products that may be recommended, by batch_date, with category, type and maker as of that day, and the day they were first listed."""
    listed = products.group_by("product_id").agg(listed_on=_.batch_date.min())
    known = ("product_id", "category", "product_type", "manufacturer_id")
    history = as_valid(products).select(*known, "department", "valid_until", valid_from=_.batch_date)
    history = history.filter(history.department.notin(NOT_OFFERED) & (history.category != NOT_OFFERED_CATEGORY)).join(listed, "product_id")
    valid = days.join(history, [history.valid_from <= days.batch_date, history.valid_until > days.batch_date])
    return valid.select("batch_date", *known, "listed_on")


def bought(days: ir.Table, customer_purchases: ir.Table, products: ir.Table) -> ir.Table:
    """Return what was bought up to each batch day: a row per customer, product and day of sale; `age` is 0 on the batch day."""
    first = days.batch_date - ibis.interval(days=LOOK_BACK)
    known = days.join(
        customer_purchases,
        [customer_purchases.batch_date <= days.batch_date, customer_purchases.batch_date >= first, customer_purchases.sold_on >= first],
        rname="known_{name}",
    )
    by_day = known.group_by("batch_date", "customer_id", "product_id", "sold_on").agg(
        store_id=_.store_id.min(), units=_.units.sum().cast("int64"), cents=_.amount_cents.sum().cast("int64")
    )
    aged = by_day.mutate(age=by_day.batch_date.delta(by_day.sold_on, unit="day").cast("int64"))
    return aged.join(offered(days, products).select("batch_date", "product_id", "category"), ["batch_date", "product_id"])


def by_customer_and_product(purchases: ir.Table) -> ir.Table:
    """Return the counts of what each customer bought of each product, what it paid, and how many of its gaps are no longer than the time since."""
    alike = ibis.window(group_by=["batch_date", "customer_id", "product_id"], order_by=ibis.desc("age"))
    whole = ibis.window(group_by=["batch_date", "customer_id", "product_id"])
    spaced = purchases.mutate(gap=_.age.lag().over(alike) - _.age, since=_.age.min().over(whole))
    counts = {f"days_{n}d": within(n) for n in (28, RECENT)}
    decayed = {f"decayed_{half}": _weight(spaced.age, half).sum().cast("int64") for half in HALF_LIVES}
    return spaced.group_by("batch_date", "customer_id", "product_id").agg(
        **counts,
        days_bought=_.count(),
        **decayed,
        days_since=_.age.min(),
        days_since_first=_.age.max(),
        shorter_gaps=(_.gap <= _.since).sum().fill_null(0).cast("int64"),
        units=_.units.sum().cast("int64"),
        cents=_.cents.sum().cast("int64"),
    )


def by_customer(purchases: ir.Table) -> ir.Table:
    """Return what is known of each active customer: on how many days it shopped, and how long ago."""
    found = purchases.group_by("batch_date", "customer_id").agg(
        trips_28d=_.sold_on.nunique(where=_.age < 28), trips_91d=_.sold_on.nunique(where=_.age < RECENT), days_since_trip=_.age.min()
    )
    return found.filter(_.days_since_trip < RECENT)


def by_product(purchases: ir.Table) -> ir.Table:
    """Return how much each product is bought, over all customers, and what a unit of it costs."""
    return purchases.group_by("batch_date", "product_id", "category").agg(
        customers_28d=_.customer_id.nunique(where=_.age < 28),
        customers_91d=_.customer_id.nunique(where=_.age < RECENT),
        bought_7d=within(7),
        bought_28d=within(28),
        bought_91d=within(RECENT),
        price_cents=cents_a_unit(_.cents.sum(where=_.age < RECENT), _.units.sum(where=_.age < RECENT)),
    )


def buyers(counts: ir.Table) -> ir.Table:
    """Return how many customers bought each product more than once in the recent days, and how many for the first time in the last week."""
    return counts.group_by("batch_date", "product_id").agg(
        rebuyers_91d=(_[f"days_{RECENT}d"] >= 2).sum().fill_null(0).cast("int64"),
        first_bought_7d=(_.days_since_first < WEEK).sum().fill_null(0).cast("int64"),
    )


def cents_a_unit(cents: ir.IntegerScalar, units: ir.IntegerScalar) -> ir.IntegerScalar:
    """Return the average price of a unit in whole cents, null if there is none."""
    return (cents.cast("int64") // units.cast("int64").nullif(0)).cast("int64")


def within(days: int) -> ir.IntegerScalar:
    """Count the days of sale within some days up to the batch day."""
    return (_.age < days).sum().fill_null(0).cast("int64")


def _weight(age: ir.IntegerColumn, half_life: int) -> ir.IntegerColumn:
    """Return `0.5 ** (age / half_life)` in whole millionths, so that weighted sums are exact on every engine."""
    weights = [round(MILLIONTHS * 0.5 ** (days / half_life)) for days in range(LOOK_BACK + 1)]
    return ibis.array(weights)[age]
