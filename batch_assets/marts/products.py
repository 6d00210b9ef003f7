"""Products, typed: the history of each product in the catalogue, from which its state as of any day follows."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.text import whole_number
from ..expressions.unicode import one_form
from ..table.contract import Contract, Field
from ..table.table import table
from ._once import last_of_each

NO_CATEGORY = "NO CATEGORY"


class Products(Contract):
    """Products added or changed on a day."""

    batch_date: dt.Date = Field(description="day of the catalogue file with this row")
    product_id: dt.Int64 = Field(history=True, gt=0, description="number of the product")
    manufacturer_id: dt.Int64 = Field(gt=0, nullable=True, description="number of its manufacturer; null if the catalogue names none")
    department: dt.String = Field(description="department, upper case")
    category: dt.String = Field(description=f"category, upper case; `{NO_CATEGORY}` if the catalogue names none")
    product_type: dt.String = Field(nullable=True, description="type within the category")
    brand: dt.String = Field(nullable=True, description="National or Private")
    package_size: dt.String = Field(nullable=True, description="size of the package as the catalogue writes it")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per product and day on which it was added or changed."""

        unique = ["batch_date", "product_id"]


@table(contract=Products)
def products(catalogue: ir.Table) -> ir.Table:
    """Products as of the day they were added or changed. Grain: one row per batch_date and product_id."""
    typed = catalogue.select(
        "batch_date",
        product_id=whole_number(catalogue.product_id),
        manufacturer_id=whole_number(catalogue.manufacturer_id),
        department=one_form(catalogue.department).upper(),
        category=one_form(catalogue.category).upper().fill_null(NO_CATEGORY),
        product_type=one_form(catalogue.type),
        brand=one_form(catalogue.brand),
        package_size=one_form(catalogue.package_size),
        has_manufacturer=_.manufacturer_id.notnull(),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    judged = typed.mutate(
        reject_reason=ibis.cases(
            (_.product_id.isnull(), "product_id is missing or not a whole number"),
            (_.product_id <= 0, "product_id is not positive"),
            (_.has_manufacturer & _.manufacturer_id.isnull(), "manufacturer_id is not a whole number"),
            (_.manufacturer_id <= 0, "manufacturer_id is not positive"),
            (_.department.isnull(), "department is missing"),
        )
    ).drop("has_manufacturer")
    return last_of_each(judged, "product_id", otherwise="a later line of the day has this product")


def as_valid(products: ir.Table) -> ir.Table:
    """Return the products with `valid_until`, the first day on which a row is no longer valid; year 9999 for the current row."""
    next_change = _.batch_date.lead().over(ibis.window(group_by="product_id", order_by="batch_date"))
    return products.mutate(valid_until=next_change.fill_null(ibis.date(9999, 12, 31)))
