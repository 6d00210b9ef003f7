"""Candidates: the products among which a customer's recommendations are chosen, and where each of them comes from."""

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._baskets import goes_with_baskets
from ._popular import by_customer_and_category, by_store, favourite_stores, new_in_categories, of_categories, popular
from ._purchases import LOOK_BACK, bought, by_customer, by_customer_and_product, by_product, offered
from ._similar import bought_by_similar

PLACES: Mapping[str, int] = {
    "own_place": 120,
    "similar_place": 50,
    "basket_place": 50,
    "store_place": 20,
    "category_place": 30,
    "popular_place": 40,
    "new_place": 5,
}
"""How many products each source gives a customer."""

_KEY = ["batch_date", "customer_id", "product_id"]


class CustomerCandidates(Contract):
    """Candidates as of a day."""

    batch_date: dt.Date = Field(description="the day as of which they are candidates")
    customer_id: dt.Int64 = Field(ge=0, pseudonym=True, description="customer, as in customer_purchases: one who bought anything in 91 days")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    own_place: dt.Int64 = Field(ge=1, le=PLACES["own_place"], nullable=True, description="place among what it bought itself, by decayed days")
    similar_place: dt.Int64 = Field(ge=1, le=PLACES["similar_place"], nullable=True, description="place among what similar customers buy")
    basket_place: dt.Int64 = Field(ge=1, le=PLACES["basket_place"], nullable=True, description="place among what goes with its baskets")
    store_place: dt.Int64 = Field(ge=1, le=PLACES["store_place"], nullable=True, description="place among what is bought in the store where it shops most")
    category_place: dt.Int64 = Field(ge=1, le=PLACES["category_place"], nullable=True, description="place among the best of its categories")
    popular_place: dt.Int64 = Field(ge=1, le=PLACES["popular_place"], nullable=True, description="place among what most customers buy")
    new_place: dt.Int64 = Field(ge=1, le=PLACES["new_place"], nullable=True, description="place among what is new in its categories")
    similar_score: dt.Int64 = Field(ge=0, description="purchases of the 40 most similar customers, weighed by likeness and age, in millionths")
    similar_customers: dt.Int64 = Field(ge=0, description="how many of these bought it at least twice in 91 days")
    basket_score: dt.Int64 = Field(ge=0, description="own purchases that it goes with, weighed by link and age, in millionths")
    basket_link: dt.Int64 = Field(ge=0, description="the strongest link to one of these, in millionths")
    because_product_id: dt.Int64 = Field(gt=0, nullable=True, description="the own purchase that it goes with best")
    because_days_since: dt.Int64 = Field(ge=0, nullable=True, description="days since that was bought")

    class Config:
        """One row per batch_date, customer_id and product_id."""

        unique = _KEY


@table(contract=CustomerCandidates, lookback={"customer_purchases": LOOK_BACK, "products": ALL})
def customer_candidates(days: ir.Table, customer_purchases: ir.Table, products: ir.Table) -> ir.Table:
    """Candidates of each active customer. Grain: one row per batch_date, customer_id and product_id."""
    return candidates(days, customer_purchases, products)


def candidates(days: ir.Table, customer_purchases: ir.Table, products: ir.Table, only: ir.Table | None = None) -> ir.Table:
    """Return the candidates as of some days.

    Args:
        days: the days, as `batch_date`.
        customer_purchases: rows of that table; what arrived after a day is not used for it.
        products: rows of that table, likewise.
        only: batch_date and customer_id of the customers who are asked for; None for all that are active.
    """
    purchases = bought(days, customer_purchases, products)
    counts, sold, categories = by_customer_and_product(purchases), by_product(purchases), by_customer_and_category(purchases)
    active = by_customer(purchases) if only is None else by_customer(purchases).semi_join(only, ["batch_date", "customer_id"])
    active = active.select("batch_date", "customer_id")
    similar, baskets = bought_by_similar(counts, sold, active), goes_with_baskets(purchases, counts, sold, active)
    in_store = favourite_stores(purchases, active).join(by_store(purchases).filter(_.store_place <= PLACES["store_place"]), ["batch_date", "store_id"])
    own = counts.semi_join(active, ["batch_date", "customer_id"]).mutate(own_score=counts.decayed_60 * 2 + counts.decayed_120)
    sources = [
        _best(own, "own_place", "own_score"),
        _best(similar, "similar_place", "similar_score"),
        _best(baskets, "basket_place", "basket_score"),
        in_store.select(*_KEY, "store_place"),
        of_categories(categories, sold, active, PLACES["category_place"]),
        popular(sold, active, PLACES["popular_place"]),
        new_in_categories(categories, offered(days, products), active, PLACES["new_place"]),
    ]
    found = reduce(ir.Table.union, (_with_all_places(source) for source in sources)).group_by(_KEY).agg(**{name: _[name].min() for name in PLACES})
    known = found.left_join(similar, _KEY).drop(*(f"{name}_right" for name in _KEY))
    known = known.left_join(baskets, _KEY).drop(*(f"{name}_right" for name in _KEY))
    zeros = {name: _[name].fill_null(0) for name in ("similar_score", "similar_customers", "basket_score", "basket_link")}
    return known.mutate(**zeros).select(*CustomerCandidates.columns())


def _best(scored: ir.Table, place: str, score: str) -> ir.Table:
    """Return the products with the highest scores of each customer."""
    highest = ibis.window(group_by=["batch_date", "customer_id"], order_by=[ibis.desc(score), "product_id"])
    return scored.mutate(**{place: ibis.row_number().over(highest) + 1}).filter(_[place] <= PLACES[place]).select(*_KEY, place)


def _with_all_places(source: ir.Table) -> ir.Table:
    """Return a source's rows with the places of all sources, null but for its own."""
    return source.select(*_KEY, **{name: source[name] if name in source.columns else ibis.null("int64") for name in PLACES})
