"""category_demand on a few rows: windows end with the batch day, weekdays, recency, weights, and what is left out."""

from typing import Any

from batch_assets.features.category_demand import category_demand

from ..frames import days, frame, rows_of
from ..lake.writer import day_of


def sold(day: int, units: int, *, known: int | None = None, category: str = "MILK") -> dict[str, object]:
    """Return what was sold on a day, which became known on it unless said otherwise."""
    return {
        "batch_date": day_of(day if known is None else known), "sold_on": day_of(day), "category": category,
        "units": units, "lines": 1, "receipts": 1, "amount_cents": 100 * units, "discount_cents": 10 * units,
    }  # fmt: skip


def made(rows: list[dict[str, object]], *asked: int) -> list[dict[str, Any]]:
    """Return the features of some days."""
    return rows_of(category_demand, days=days(*map(day_of, asked)), category_day_sales=frame("category_day_sales", rows))


def test_a_window_ends_with_the_batch_day_and_forgets_what_is_older() -> None:
    (row,) = made([sold(0, 1), sold(3, 2), sold(4, 4), sold(6, 8), sold(7, 16)], 6)
    assert (row["units_3d"], row["units_7d"], row["units_91d"]) == (12, 15, 15)
    (later,) = made([sold(0, 1), sold(3, 2), sold(4, 4), sold(6, 8), sold(7, 16)], 7)
    assert (later["units_3d"], later["units_7d"], later["units_14d"]) == (24, 30, 31)


def test_a_late_line_counts_on_its_day_of_sale_once_it_is_known() -> None:
    rows = [sold(5, 3), sold(5, 4, known=6), sold(6, 0)]
    assert [row["sun_7d"] + row["fri_7d"] for row in made(rows, 5, 6)] == [3, 7]  # 2017-01-06 is a Friday


def test_days_without_a_sale_count_as_known_and_set_the_recency() -> None:
    (row,) = made([sold(0, 5), sold(1, 5), sold(2, 0), sold(3, 0)], 3)
    assert (row["days_known"], row["days_sold_28d"], row["days_since_sale"], row["squares_28d"]) == (4, 2, 2, 50)


def test_weights_fall_with_age_and_are_exact() -> None:
    (row,) = made([sold(0, 1), sold(1, 1)], 1)
    assert (row["recent_units"], row["slow_units"]) == (1_850_000, 1_950_000)


def test_what_is_no_demand_or_is_hardly_sold_is_left_out() -> None:
    rare = [sold(n, int(n == 0), category="RARE") for n in range(9)]
    rows = [sold(8, 9, category="FUEL"), sold(8, 9, category="NOT IN CATALOGUE"), *rare, *(sold(n, int(n < 4)) for n in range(9))]
    assert [row["category"] for row in made(rows, 8)] == ["MILK"]


def test_prices_and_discounts_are_of_their_own_windows() -> None:
    (row,) = made([sold(0, 1), sold(1, 1), sold(7, 1), sold(8, 2)], 8)
    assert (row["amount_7d"], row["amount_28d"], row["discount_7d"], row["discount_28d"]) == (300, 500, 30, 50)
