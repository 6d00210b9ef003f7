"""What is bought of products that are alike: of the same type within a category, or of the same maker.

All of it is made from counts by customer and product, with category, manufacturer_id and the type, called `product`, beside them.
"""

import ibis.expr.types as ir
from ibis import _

from ._purchases import cents_a_unit


def by_customer_and_type(counts: ir.Table) -> ir.Table:
    """Return how long ago each customer bought anything of each type, and what it paid for a unit of it."""
    return counts.group_by("batch_date", "customer_id", "category", "product").agg(
        type_days_since=_.days_since.min(), type_price_cents=cents_a_unit(_.cents.sum(), _.units.sum())
    )


def by_type(counts: ir.Table) -> ir.Table:
    """Return how many products of each type anybody bought."""
    return counts.group_by("batch_date", "category", "product").agg(type_products=_.product_id.nunique())


def by_customer_and_maker(counts: ir.Table) -> ir.Table:
    """Return on how many days, times products, each customer bought of each maker in each category; null is a maker that is not known."""
    return counts.group_by("batch_date", "customer_id", "category", "manufacturer_id").agg(maker_days=_.days_bought.sum().cast("int64"))
