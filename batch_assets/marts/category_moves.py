"""Sales that belong to another category as of another day, because the catalogue moved their product: what the move takes from one and adds to the other.

`category_day_sales` counts a sale in the category that its product had when the line arrived. Demand as of a day is counted by the categories of that day.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..table.contract import Contract, Field
from ..table.table import ALL, table

DAYS_BEFORE = 90
"""Sales that arrived up to so many days before a move follow the product: the look-back of `category_demand`."""

DAYS_AFTER = 21
"""Sales that arrive so many days after a move are also told by the category before it: the horizon of a forecast, and the days that a line may be late."""


class CategoryMoves(Contract):
    """What is added to the sales of a category, or taken from them, because a product moved."""

    batch_date: dt.Date = Field(description="the day of the move or, for sales that arrived on it or later, of their arrival")
    moved_on: dt.Date = Field(description="day on which the catalogue moved the product")
    arrived_on: dt.Date = Field(
        description="day on which the sales arrived; if before moved_on, the row counts as of moved_on and later, and if not, as of earlier days"
    )
    sold_on: dt.Date = Field(description="store-local day of sale")
    category: dt.String = Field(description="the category before the move, or after it")
    units: dt.Int64 = Field(description="units; negative if they leave the category")
    amount_cents: dt.Int64 = Field(description="cents paid, alike")
    discount_cents: dt.Int64 = Field(description="discount in cents, alike")

    class Config:
        """One row per batch_date, moved_on, arrived_on, sold_on and category."""

        unique = ["batch_date", "moved_on", "arrived_on", "sold_on", "category"]


@table(contract=CategoryMoves, lookback={"sales_lines": DAYS_BEFORE, "products": ALL}, searches=("sales_lines",))
def category_moves(days: ir.Table, sales_lines: ir.Table, products: ir.Table) -> ir.Table:
    """Sales of products that moved. Grain: one row per batch_date, moved_on, arrived_on, sold_on and category."""
    sides = _sides(products)
    # Not as one selection that both joins take: the engine would put all of it into memory first.
    before = sides.semi_join(days, sides.moved_on == days.batch_date).join(
        sales_lines,
        [
            "product_id",
            sales_lines.batch_date < sides.moved_on,
            sales_lines.batch_date >= sides.moved_on - ibis.interval(days=DAYS_BEFORE),
            sales_lines.batch_date >= sides.listed_on,
        ],
    )
    arriving = sales_lines.semi_join(days, "batch_date")
    after = sides.join(arriving, ["product_id", arriving.batch_date >= sides.moved_on, arriving.batch_date <= sides.moved_on + ibis.interval(days=DAYS_AFTER)])
    return _summed(before, "moved_on", sign=1).union(_summed(after, "arrived_on", sign=-1))


def _sides(products: ir.Table) -> ir.Table:
    """Return the two sides of each move of a product to another category: `gains` is -1 where it was, and 1 where it is.

    What arrived before the product was listed counts in no category of its own, and has none to leave.
    """
    several = products.group_by("product_id").agg(rows=_.count(), listed_on=_.batch_date.min()).filter(_.rows > 1)
    in_order = ibis.window(group_by="product_id", order_by="batch_date")
    listed = products.join(several, "product_id").mutate(was=_.category.lag().over(in_order))
    moves = listed.filter(listed.was != listed.category).select("product_id", "was", "category", "listed_on", moved_on=_.batch_date)
    was = moves.select("product_id", "listed_on", "moved_on", category=_.was, gains=ibis.literal(-1, "int64"))
    return was.union(moves.select("product_id", "listed_on", "moved_on", "category", gains=ibis.literal(1, "int64")))


def _summed(moved: ir.Table, known_on: str, sign: int) -> ir.Table:
    columns = moved.select("moved_on", "sold_on", "category", "gains", "amount_cents", "discount_cents", units=_.quantity, arrived_on=_.batch_date)
    measures = {name: (_.gains * sign * _[name]).sum().cast("int64") for name in ("units", "amount_cents", "discount_cents")}
    return columns.group_by("moved_on", "arrived_on", "sold_on", "category", batch_date=columns[known_on]).agg(**measures).select(*CategoryMoves.columns())
