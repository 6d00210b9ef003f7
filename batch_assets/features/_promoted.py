"""What is promoted: the plan's mailers, by category and by product, lately and on the days to come, as the plan is known on a day."""

import ibis
import ibis.expr.types as ir
from ibis import _

from ..marts.products import as_valid
from ._horizon import HORIZON
from ._purchases import WEEK

PLANNED = 55
"""Promotions that were announced more days ago are taken for over."""

LATELY = 28
"""Days up to the batch day that say how much of a category is usually promoted."""


def promoted(days: ir.Table, promotions: ir.Table, products: ir.Table) -> ir.Table:
    """Return how much is promoted of each category of which anything is.

    Args:
        days: the days, as `batch_date`.
        promotions: rows of that table; what was announced after a day is not used for it.
        products: rows of that table, likewise.

    Returns:
        batch_date, category, promoted_28d (products times days, of the last 28) and promoted_1d to promoted_14d (products on so many days ahead).
    """
    known = _known(days, _by_category(promotions, products))
    in_force = known.filter((known.valid_from <= known.batch_date) & (known.valid_until > known.batch_date))
    first = in_force.batch_date - ibis.interval(days=LATELY - 1)
    lately = ibis.least(in_force.ends_on, in_force.batch_date).delta(ibis.greatest(in_force.starts_on, first), unit="day") + 1
    ahead = {f"promoted_{n}d": in_force.products.sum(where=_runs(in_force, n)).fill_null(0).cast("int64") for n in range(1, HORIZON + 1)}
    return in_force.group_by("batch_date", "category").agg(promoted_28d=(in_force.products * ibis.greatest(lately, 0)).sum().cast("int64"), **ahead)


def promoted_products(days: ir.Table, promotions: ir.Table) -> ir.Table:
    """Return in how many stores each product that is promoted in the week to come is promoted: batch_date, product_id, promoted_stores_7d.

    Args:
        days: the days, as `batch_date`.
        promotions: rows of that table; what was announced after a day is not used for it.
    """
    known = _known(days, promotions.select("product_id", "stores", "starts_on", "ends_on", announced_on=_.batch_date))
    coming = known.filter((known.starts_on <= known.batch_date + ibis.interval(days=WEEK)) & (known.ends_on > known.batch_date))
    return coming.group_by("batch_date", "product_id").agg(promoted_stores_7d=_.stores.max())


def planned(days: ir.Table, promotions: ir.Table) -> ir.Table:
    """Return for how many days ahead the plan is known, up to the horizon: until the last promotion ends. No row if nothing is."""
    known = _known(days, promotions.select("ends_on", announced_on=_.batch_date).distinct())
    until = known.group_by("batch_date").agg(until=known.ends_on.max())
    ahead = until.until.delta(until.batch_date, unit="day")
    return until.select("batch_date", days_planned=ibis.least(ibis.greatest(ahead, 0), HORIZON).cast("int64"))


def _by_category(promotions: ir.Table, products: ir.Table) -> ir.Table:
    """Count the products of each category that are promoted together: those of a week's mailer are thousands, and their categories a few hundred."""
    announced = promotions.select("product_id", "starts_on", "ends_on", announced_on=_.batch_date)
    listed = as_valid(products).select("product_id", "category", "valid_until", valid_from=_.batch_date)
    of_category = announced.join(listed, "product_id").mutate(valid_from=ibis.greatest(_.valid_from, _.announced_on))
    return of_category.group_by("category", "announced_on", "starts_on", "ends_on", "valid_from", "valid_until").agg(products=_.count())


def _known(days: ir.Table, announced: ir.Table) -> ir.Table:
    """Return what each day knows of, and what was not over before the days that are looked at."""
    first = days.batch_date - ibis.interval(days=LATELY - 1)
    told = [announced.announced_on <= days.batch_date, announced.announced_on >= days.batch_date - ibis.interval(days=PLANNED)]
    return days.join(announced, [*told, announced.ends_on >= first])


def _runs(known: ir.Table, ahead: int) -> ir.BooleanColumn:
    """Say which promotions run so many days after the batch day."""
    day = known.batch_date + ibis.interval(days=ahead)
    return (known.starts_on <= day) & (known.ends_on >= day)
