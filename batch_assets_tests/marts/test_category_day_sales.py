"""Sales by category and day: categories as of the batch day, each with a row, and no unit lost."""

import datetime as dt
from typing import Any

from batch_assets.marts.category_day_sales import UNKNOWN, category_day_sales

from ..frames import days, frame, rows_of

DAY, NEXT = dt.date(2017, 1, 1), dt.date(2017, 1, 2)

MILK = {"batch_date": DAY, "product_id": 1, "category": "MILK"}
BREAD = {"batch_date": DAY, "product_id": 2, "category": "BREAD"}


def sold(product_id: int, quantity: int, batch_date: dt.date = DAY, **fields: Any) -> dict[str, Any]:
    """Return a sales line of a cent apiece."""
    return {
        "batch_date": batch_date,
        "sold_on": batch_date,
        "receipt_id": 1,
        "product_id": product_id,
        "quantity": quantity,
        "amount_cents": quantity,
        "discount_cents": 0,
        **fields,
    }


def units(lines: list[dict[str, Any]], products: list[dict[str, Any]], *asked: dt.date) -> list[tuple[dt.date, dt.date, str, int]]:
    """Return batch_date, sold_on, category and units of what the table makes of frames."""
    rows = rows_of(category_day_sales, days=days(*asked or (DAY,)), sales_lines=frame("sales_lines", lines), products=frame("products", products))
    return [(row["batch_date"], row["sold_on"], row["category"], row["units"]) for row in rows]


def test_lines_receipts_and_cents_are_summed_by_category() -> None:
    lines = [sold(1, 2), sold(1, 3, discount_cents=7), sold(1, 1, receipt_id=2), sold(2, 4)]
    rows = rows_of(category_day_sales, days=days(DAY), sales_lines=frame("sales_lines", lines), products=frame("products", [MILK, BREAD]))
    measures = [tuple(row[m] for m in ("category", "units", "lines", "receipts", "amount_cents", "discount_cents")) for row in rows]
    assert measures == [("BREAD", 4, 1, 1, 4, 0), ("MILK", 6, 3, 2, 6, 7)]


def test_receipts_of_two_stores_with_one_number_are_two() -> None:
    lines = [sold(1, 2, store_id=1), sold(1, 3, store_id=2), sold(1, 3, store_id=2)]
    (row,) = rows_of(category_day_sales, days=days(DAY), sales_lines=frame("sales_lines", lines), products=frame("products", [MILK]))
    assert (row["receipts"], row["lines"]) == (2, 3)


def test_a_category_without_a_sale_has_a_row_of_zeros() -> None:
    assert units([sold(1, 2)], [MILK, BREAD]) == [(DAY, DAY, "BREAD", 0), (DAY, DAY, "MILK", 2)]


def test_a_day_without_a_line_has_zeros_for_all_known_categories() -> None:
    assert units([], [MILK, BREAD], NEXT) == [(NEXT, NEXT, "BREAD", 0), (NEXT, NEXT, "MILK", 0)]


def test_a_product_that_is_not_in_the_catalogue_is_counted() -> None:
    assert units([sold(9, 2)], [MILK]) == [(DAY, DAY, "MILK", 0), (DAY, DAY, UNKNOWN, 2)]


def test_a_product_that_is_listed_later_is_not_known_before() -> None:
    late = BREAD | {"batch_date": NEXT}
    assert units([sold(2, 1), sold(2, 5, NEXT)], [late], DAY, NEXT) == [(DAY, DAY, UNKNOWN, 1), (NEXT, NEXT, "BREAD", 5)]


def test_a_product_counts_in_the_category_that_it_had_on_the_batch_day() -> None:
    moved = MILK | {"batch_date": NEXT, "category": "CHEESE"}
    assert units([sold(1, 2), sold(1, 3, NEXT)], [MILK, moved], DAY, NEXT) == [
        (DAY, DAY, "MILK", 2),
        (NEXT, NEXT, "CHEESE", 3),
        (NEXT, NEXT, "MILK", 0),
    ]


def test_a_late_line_has_its_own_row_of_the_day_of_sale() -> None:
    assert units([sold(1, 2, NEXT), sold(1, 5, NEXT, sold_on=DAY)], [MILK], NEXT) == [(NEXT, DAY, "MILK", 5), (NEXT, NEXT, "MILK", 2)]
