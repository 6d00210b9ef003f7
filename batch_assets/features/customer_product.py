"""What is known of each customer and each of its candidates: the features that products are ranked by."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from ._alike import by_customer_and_maker, by_customer_and_type, by_type
from ._popular import by_customer_and_category, by_store, favourite_stores
from ._promoted import PLANNED, promoted_products
from ._purchases import LOOK_BACK, bought, buyers, by_customer, by_customer_and_product, by_product, offered

_KEY = ("batch_date", "customer_id", "product_id")


class CustomerProduct(Contract):
    """Features as of a day."""

    batch_date: dt.Date = Field(description="the day as of which this is known")
    customer_id: dt.Int64 = Field(ge=0, pseudonym=True, description="customer, as in customer_purchases")
    product_id: dt.Int64 = Field(gt=0, description="number of the product")
    days_28d: dt.Int64 = Field(ge=0, description="days on which it bought the product, of the last 28")
    days_91d: dt.Int64 = Field(ge=0, description="of the last 91")
    days_bought: dt.Int64 = Field(ge=0, description=f"of the last {LOOK_BACK + 1}; 0 if it never bought the product")
    decayed_20: dt.Int64 = Field(ge=0, description="the same days in millionths, each counting half after 20 days")
    decayed_60: dt.Int64 = Field(ge=0, description="each counting half after 60 days")
    decayed_120: dt.Int64 = Field(ge=0, description="each counting half after 120 days")
    days_since: dt.Int64 = Field(ge=0, nullable=True, description="days since it last bought the product; null if never")
    days_since_first: dt.Int64 = Field(ge=0, nullable=True, description="days since it first did, in the look-back")
    shorter_gaps: dt.Int64 = Field(ge=0, description="how many of its gaps between two purchases are no longer than the time since")
    trips_28d: dt.Int64 = Field(ge=0, description="days on which the customer shopped, of the last 28")
    trips_91d: dt.Int64 = Field(ge=0, description="of the last 91")
    days_since_trip: dt.Int64 = Field(ge=0, description="days since it last shopped")
    customers_28d: dt.Int64 = Field(ge=0, description="customers who bought the product in the last 28 days")
    customers_91d: dt.Int64 = Field(ge=0, description="in the last 91 days")
    bought_7d: dt.Int64 = Field(ge=0, description="days times customers on which it was bought, of the last 7")
    bought_28d: dt.Int64 = Field(ge=0, description="of the last 28")
    rebuyers_91d: dt.Int64 = Field(ge=0, description="customers who bought it more than once in the last 91 days")
    first_bought_7d: dt.Int64 = Field(ge=0, description=f"customers who bought it in the last 7 days, and not in the {LOOK_BACK - 6} before")
    active_customers: dt.Int64 = Field(ge=0, description="customers who bought anything in the last 91 days")
    price_cents: dt.Int64 = Field(ge=0, nullable=True, description="average price of a unit in the last 91 days, in whole cents; null if none was sold")
    promoted_stores_7d: dt.Int64 = Field(ge=0, description="stores in which a mailer promotes it in the 7 days after batch_date, as far as the plan is known")
    store_customers_91d: dt.Int64 = Field(ge=0, description="customers who bought it in the last 91 days in the store where this one shops most")
    category_91d: dt.Int64 = Field(ge=0, description="days times products that the customer bought of the product's category, of the last 91")
    category_days_since: dt.Int64 = Field(ge=0, nullable=True, description="days since it last bought anything of the category")
    category_products_91d: dt.Int64 = Field(ge=0, description="different products of the category that it bought")
    type_days_since: dt.Int64 = Field(ge=0, nullable=True, description="days since it last bought anything of the product's type; null if never")
    type_price_cents: dt.Int64 = Field(ge=0, nullable=True, description="average price that it paid for a unit of the type, in whole cents; null if never")
    type_products: dt.Int64 = Field(ge=0, description=f"different products of the type that anybody bought in the last {LOOK_BACK + 1} days")
    maker_days: dt.Int64 = Field(ge=0, description=f"days times products that it bought of the category from the same maker, of the last {LOOK_BACK + 1}")
    category: dt.String = Field(description="the product's category as of batch_date")
    product: dt.String = Field(description="its type, or its category if it has none: what a person would call it")
    because_product: dt.String = Field(nullable=True, description="the same of the candidate's because_product_id")

    class Config:
        """One row per batch_date, customer_id and product_id."""

        unique = ["batch_date", "customer_id", "product_id"]


@table(contract=CustomerProduct, lookback={"customer_purchases": LOOK_BACK, "promotions": PLANNED, "products": ALL})
def customer_product(days: ir.Table, customer_candidates: ir.Table, customer_purchases: ir.Table, promotions: ir.Table, products: ir.Table) -> ir.Table:
    """Features of each candidate. Grain: one row per batch_date, customer_id and product_id."""
    return described(days, customer_candidates, customer_purchases, promotions, products).select(*CustomerProduct.columns())


def described(days: ir.Table, candidates: ir.Table, customer_purchases: ir.Table, promotions: ir.Table, products: ir.Table) -> ir.Table:
    """Return candidates with their features beside.

    Args:
        days: the days, as `batch_date`.
        candidates: rows of `customer_candidates` of these days.
        customer_purchases: rows of that table; what arrived after a day is not used for it.
        promotions: rows of that table, likewise.
        products: rows of that table, likewise.
    """
    purchases = bought(days, customer_purchases, products)
    counts, on_offer = by_customer_and_product(purchases), offered(days, products)
    named = on_offer.select("batch_date", "product_id", "category", "manufacturer_id", product=ibis.coalesce(_.product_type, _.category))
    active, sold, of_products = by_customer(purchases), by_product(purchases), counts.join(named, ["batch_date", "product_id"])
    stores = favourite_stores(purchases, active).join(by_store(purchases), ["batch_date", "store_id"])
    rows = _beside(candidates, named, "product_id")
    rows = _beside(rows, active, "customer_id")
    rows = _beside(rows, counts, "customer_id", "product_id")
    rows = _beside(rows, sold.drop("category"), "product_id")
    rows = _beside(rows, buyers(counts), "product_id")
    rows = _beside(rows, active.group_by("batch_date").agg(active_customers=_.count()))
    rows = _beside(rows, promoted_products(days, promotions), "product_id")
    rows = _beside(rows, stores.select("batch_date", "customer_id", "product_id", "store_customers_91d"), "customer_id", "product_id")
    rows = _beside(rows, by_customer_and_category(purchases), "customer_id", "category")
    rows = _beside(rows, by_customer_and_type(of_products), "customer_id", "category", "product")
    rows = _beside(rows, by_type(of_products), "category", "product")
    rows = _beside(rows, by_customer_and_maker(of_products), "customer_id", "category", "manufacturer_id")
    rows = _beside(rows, named.select("batch_date", because_product_id=_.product_id, because_product=_.product), "because_product_id")
    counted = [name for name, column in CustomerProduct.columns().items() if not column.nullable and rows[name].type().is_integer() and name not in _KEY]
    return rows.mutate(**{name: rows[name].fill_null(0) for name in counted})


def _beside(rows: ir.Table, known: ir.Table, *keys: str) -> ir.Table:
    """Return rows with what is known of them beside, null where nothing is: joined in this order, whatever an engine estimates."""
    joined = rows.left_join(known, ["batch_date", *keys])
    return joined.drop(*(name for name in joined.columns if name.endswith("_right")))
