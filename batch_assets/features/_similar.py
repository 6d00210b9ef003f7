"""What similar customers buy: those who share the most products, the rare ones counting more.

All sums are of whole numbers; a root is taken once for each pair of customers, last.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from ._purchases import MILLIONTHS, RECENT

NEIGHBOURS = 40
"""So many of the most similar customers count."""

COMMON = 300
"""A product that more customers buy says nothing about a customer, and would make every two of them a pair."""

_MOST_DAYS = 3


def bought_by_similar(counts: ir.Table, products: ir.Table, active: ir.Table) -> ir.Table:
    """Return, by customer and product, how much those who are similar buy it again and again, and how many of them do.

    Args:
        counts: what each customer bought of each product, as `by_customer_and_product` has it.
        products: how much each product is bought, as `by_product` has it.
        active: the customers for which it is asked.

    Returns:
        batch_date, customer_id, product_id, similar_score (decayed purchases in millionths, weighed by likeness), similar_customers.
    """
    pairs = _pairs(_taste(counts, products), active)
    repeated = counts.filter(_[f"days_{RECENT}d"] >= 2).select("batch_date", "product_id", decayed_60=_.decayed_60.cast("int32"), neighbour=_.customer_id)
    return (
        pairs.join(repeated, ["batch_date", "neighbour"])
        .group_by("batch_date", "customer_id", "product_id")
        .agg(similar_score=((_.likeness * _.decayed_60) // MILLIONTHS).sum().cast("int64"), similar_customers=_.count())
    )


def _taste(counts: ir.Table, products: ir.Table) -> ir.Table:
    """Return the weight of each product for each customer: the days on which it bought it, rare products more.

    Small numbers are cast to a small type, in which millions of products of them are multiplied in half the time.
    """
    shared = products.filter(products.customers_91d.between(2, COMMON)).select("batch_date", "product_id", "customers_91d")
    recent = counts.filter(counts[f"days_{RECENT}d"] > 0).join(shared, ["batch_date", "product_id"])
    return recent.select(
        "batch_date",
        "customer_id",
        "product_id",
        times=ibis.least(recent[f"days_{RECENT}d"], _MOST_DAYS).cast("int32"),
        rarity=(ibis.literal(MILLIONTHS, "int64") // recent.customers_91d).cast("int32"),
    )


def _pairs(taste: ir.Table, active: ir.Table) -> ir.Table:
    """Return the most similar customers of each active one, and how alike they are: a cosine, in millionths."""
    size = taste.group_by("batch_date", "customer_id").agg(size=(_.times * _.times * _.rarity).sum().cast("int64"))
    mine = taste.semi_join(active, ["batch_date", "customer_id"])
    theirs = taste.select("batch_date", "product_id", neighbour=_.customer_id, their_times=_.times)
    together = mine.join(theirs, ["batch_date", "product_id"]).filter(_.customer_id != _.neighbour)
    shared = together.group_by("batch_date", "customer_id", "neighbour").agg(shared=(_.times * _.their_times * _.rarity).sum().cast("int64"))
    sized = shared.join(size, ["batch_date", "customer_id"]).join(
        size.select("batch_date", neighbour=_.customer_id, their_size=_.size), ["batch_date", "neighbour"]
    )
    root = (sized["size"].cast("float64") * sized.their_size.cast("float64")).sqrt()
    alike = sized.select("batch_date", "customer_id", "neighbour", likeness=(sized.shared.cast("float64") * MILLIONTHS / root).round().cast("int64"))
    nearest = ibis.window(group_by=["batch_date", "customer_id"], order_by=[ibis.desc("likeness"), "neighbour"])
    return alike.mutate(place=ibis.row_number().over(nearest)).filter(_.place < NEIGHBOURS).drop("place")
