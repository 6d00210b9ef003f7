"""Sales by category and day, the grain at which demand is forecast. A day without sales is a row with zero units."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table
from .products import as_valid

UNKNOWN = "NOT IN CATALOGUE"
"""The category of products that are not in the catalogue as of the batch day."""


class CategoryDaySales(Contract):
    """Sales of a category on one day, as far as they arrived on one batch day."""

    batch_date: dt.Date = Field(description="day on which the lake received the lines")
    sold_on: dt.Date = Field(description="store-local day of sale")
    category: dt.String = Field(description=f"category as of batch_date; `{UNKNOWN}` if the product is not in the catalogue yet")
    units: dt.Int64 = Field(ge=0, description="units sold")
    lines: dt.Int64 = Field(ge=0, description="receipt lines")
    receipts: dt.Int64 = Field(ge=0, description="distinct receipts, a number of a store each")
    amount_cents: dt.Int64 = Field(ge=0, description="cents paid")
    discount_cents: dt.Int64 = Field(ge=0, description="discount in cents")

    class Config:
        """One row per batch_date, sold_on and category."""

        unique = ["batch_date", "sold_on", "category"]


@table(
    contract=CategoryDaySales,
    lookback={"products": ALL},
    conserves={"sales_lines": {"units": "quantity", "amount_cents": "amount_cents", "discount_cents": "discount_cents"}},
    measure="units",
)
def category_day_sales(days: ir.Table, sales_lines: ir.Table, products: ir.Table) -> ir.Table:
    """Units by category. Grain: one row per batch_date, sold_on and category, for all categories known on batch_date."""
    return (
        _sold(sales_lines, products)
        .union(_zero(days, products))
        .group_by("batch_date", "sold_on", "category")
        .agg(**{measure: _[measure].sum().cast("int64") for measure in ("units", "lines", "receipts", "amount_cents", "discount_cents")})
    )


def _sold(sales_lines: ir.Table, products: ir.Table) -> ir.Table:
    """Sum the lines by category, as of the batch day."""
    history = as_valid(products).select("product_id", "category", "valid_until", valid_from=_.batch_date)
    known = sales_lines.left_join(
        history,
        [
            sales_lines.product_id == history.product_id,
            sales_lines.batch_date >= history.valid_from,
            sales_lines.batch_date < history.valid_until,
        ],
    )
    return (
        known.mutate(category=_.category.fill_null(UNKNOWN))
        .group_by("batch_date", "sold_on", "category")
        .agg(
            units=_.quantity.sum().cast("int64"),
            lines=_.count(),
            receipts=ibis.struct({"store_id": _.store_id, "receipt_id": _.receipt_id}).nunique(),
            amount_cents=_.amount_cents.sum().cast("int64"),
            discount_cents=_.discount_cents.sum().cast("int64"),
        )
    )


def _zero(days: ir.Table, products: ir.Table) -> ir.Table:
    """Return a row of zeros for each category known on the batch day."""
    listed = products.group_by("category").agg(listed_on=_.batch_date.min())
    none = ibis.literal(0, "int64")
    return days.join(listed, [listed.listed_on <= days.batch_date]).select(
        "batch_date", sold_on=_.batch_date, category=_.category, units=none, lines=none, receipts=none, amount_cents=none, discount_cents=none
    )
