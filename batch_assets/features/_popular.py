"""What many buy: in all stores, in the store where a customer shops most, in the categories from which it buys, and what is new there."""

import ibis
import ibis.expr.types as ir
from ibis import _

from ._purchases import RECENT, within

NEW = 28
"""A product is new for so many days."""

_BEST_OF_CATEGORY = 8
_NEWEST_OF_CATEGORY = 3


def popular(products: ir.Table, active: ir.Table, count: int) -> ir.Table:
    """Return the products that most customers bought in 28 days, for each active customer."""
    most = ibis.window(group_by="batch_date", order_by=[ibis.desc("customers_28d"), "product_id"])
    best = products.mutate(popular_place=ibis.row_number().over(most) + 1).filter(_.popular_place <= count)
    return active.join(best, "batch_date").select("batch_date", "customer_id", "product_id", "popular_place")


def favourite_stores(purchases: ir.Table, active: ir.Table) -> ir.Table:
    """Return the store where each active customer bought most in the recent days."""
    recent = purchases.filter(_.age < RECENT).semi_join(active, ["batch_date", "customer_id"])
    lines = recent.group_by("batch_date", "customer_id", "store_id").agg(lines=_.count())
    most = ibis.window(group_by=["batch_date", "customer_id"], order_by=[ibis.desc("lines"), "store_id"])
    return lines.mutate(place=ibis.row_number().over(most)).filter(_.place == 0).select("batch_date", "customer_id", "store_id")


def by_store(purchases: ir.Table) -> ir.Table:
    """Return how many customers bought each product in each store, and the product's place there."""
    sold = purchases.filter(_.age < RECENT).group_by("batch_date", "store_id", "product_id").agg(store_customers_91d=_.customer_id.nunique())
    most = ibis.window(group_by=["batch_date", "store_id"], order_by=[ibis.desc("store_customers_91d"), "product_id"])
    return sold.mutate(store_place=ibis.row_number().over(most) + 1)


def by_customer_and_category(purchases: ir.Table) -> ir.Table:
    """Return what each customer bought of each category in the recent days."""
    return (
        purchases.filter(_.age < RECENT)
        .group_by("batch_date", "customer_id", "category")
        .agg(category_91d=within(RECENT), category_days_since=_.age.min(), category_products_91d=_.product_id.nunique())
    )


def of_categories(categories: ir.Table, products: ir.Table, active: ir.Table, count: int) -> ir.Table:
    """Return the best products of the categories from which each active customer buys: those that it most likely would pick first."""
    best = ibis.window(group_by=["batch_date", "category"], order_by=[ibis.desc("customers_28d"), "product_id"])
    total = products.group_by("batch_date", "category").agg(total=_.customers_28d.sum().cast("int64"))
    ranked = products.mutate(place=ibis.row_number().over(best)).filter((_.place < _BEST_OF_CATEGORY) & (_.customers_28d > 0))
    shares = ranked.join(total, ["batch_date", "category"]).select("batch_date", "category", "product_id", share=_.customers_28d * 1_000_000 // _.total)
    mine = categories.semi_join(active, ["batch_date", "customer_id"]).select("batch_date", "customer_id", "category", "category_91d")
    likely = mine.join(shares, ["batch_date", "category"]).mutate(likely=_.category_91d * _.share)
    most = ibis.window(group_by=["batch_date", "customer_id"], order_by=[ibis.desc("likely"), "product_id"])
    placed = likely.mutate(category_place=ibis.row_number().over(most) + 1).filter(_.category_place <= count)
    return placed.select("batch_date", "customer_id", "product_id", "category_place")


def new_in_categories(categories: ir.Table, offered: ir.Table, active: ir.Table, count: int) -> ir.Table:
    """Return the newest products of the categories from which each active customer buys most."""
    age = offered.batch_date.delta(offered.listed_on, unit="day")
    newest = ibis.window(group_by=["batch_date", "category"], order_by=[ibis.desc("listed_on"), "product_id"])
    ranked = offered.filter(age < NEW).mutate(place=ibis.row_number().over(newest)).filter(_.place < _NEWEST_OF_CATEGORY)
    mine = categories.semi_join(active, ["batch_date", "customer_id"]).select("batch_date", "customer_id", "category", "category_91d")
    met = mine.join(ranked.select("batch_date", "category", "product_id"), ["batch_date", "category"])
    most = ibis.window(group_by=["batch_date", "customer_id"], order_by=[ibis.desc("category_91d"), "product_id"])
    placed = met.mutate(new_place=ibis.row_number().over(most) + 1).filter(_.new_place <= count)
    return placed.select("batch_date", "customer_id", "product_id", "new_place")
