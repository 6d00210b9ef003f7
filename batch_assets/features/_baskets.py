"""What goes with what: products that are bought on the same day by the same customer more often than each by itself.

All sums are of whole numbers; a root is taken once for each pair of products, last.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from ._purchases import MILLIONTHS, RECENT

TOGETHER = 3
"""Two products that were in a basket together less often are no pair."""

LINKS = 20
"""So many products that go with one count."""


def goes_with_baskets(purchases: ir.Table, counts: ir.Table, products: ir.Table, active: ir.Table) -> ir.Table:
    """Return, by customer and product, how well it goes with what the customer buys, and with which product best.

    Args:
        purchases: what was bought, as `bought` has it.
        counts: its sums by customer and product.
        products: its sums by product.
        active: the customers for which it is asked.

    Returns:
        batch_date, customer_id, product_id, basket_score (decayed purchases in millionths, weighed by the link), basket_link (the
        strongest link, in millionths), because_product_id (the product it is with) and because_days_since (days since that was bought).
    """
    recent = counts.filter(_[f"days_{RECENT}d"] > 0).semi_join(active, ["batch_date", "customer_id"])
    mine = recent.select("batch_date", "customer_id", "decayed_60", "days_since", because_product_id=_.product_id)
    linked = mine.join(_links(purchases, products), ["batch_date", "because_product_id"])
    weighed = linked.mutate(strength=(linked.link * linked.decayed_60) // MILLIONTHS)
    best = ibis.struct({"strength": weighed.strength, "product": -weighed.because_product_id, "days_since": weighed.days_since})
    scored = weighed.group_by("batch_date", "customer_id", "product_id").agg(
        basket_score=weighed.strength.sum().cast("int64"), basket_link=weighed.link.max(), best=best.max()
    )
    return scored.select(
        "batch_date",
        "customer_id",
        "product_id",
        "basket_score",
        "basket_link",
        because_product_id=-scored.best["product"],
        because_days_since=scored.best["days_since"],
    )


def _links(purchases: ir.Table, products: ir.Table) -> ir.Table:
    """Return for each product those that go with it best, and how well: a cosine, in millionths."""
    basket = purchases.filter(_.age < RECENT).select("batch_date", "customer_id", "sold_on", "product_id")
    other = basket.select("batch_date", "customer_id", "sold_on", because_product_id=_.product_id)
    pairs = basket.join(other, ["batch_date", "customer_id", "sold_on"]).filter(_.product_id < _.because_product_id)
    one_way = pairs.group_by("batch_date", "because_product_id", "product_id").agg(together=_.count()).filter(_.together >= TOGETHER)
    other_way = one_way.select("batch_date", because_product_id=_.product_id, product_id=_.because_product_id, together=_.together)
    together = one_way.union(other_way)
    sizes = products.select("batch_date", "product_id", size=_.bought_91d)
    sized = together.join(sizes, ["batch_date", "product_id"]).join(
        sizes.select("batch_date", because_product_id=_.product_id, their_size=_.size), ["batch_date", "because_product_id"]
    )
    root = (sized["size"].cast("float64") * sized.their_size.cast("float64")).sqrt()
    links = sized.select("batch_date", "because_product_id", "product_id", link=(sized.together.cast("float64") * MILLIONTHS / root).round().cast("int64"))
    strongest = ibis.window(group_by=["batch_date", "because_product_id"], order_by=[ibis.desc("link"), "product_id"])
    return links.mutate(place=ibis.row_number().over(strongest)).filter(_.place < LINKS).drop("place")
