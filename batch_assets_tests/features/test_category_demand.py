"""category_demand on a few rows: windows of open days, weekdays, recency, weights, products that moved, outliers, promotions, and what is left out."""

from collections.abc import Collection, Sequence
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


LISTED = {1: "MILK", 2: "MILK", 3: "BREAD"}


def made(
    rows: list[dict[str, object]],
    *asked: int,
    closed: Collection[int] = (),
    moves: Sequence[dict[str, object]] = (),
    promotions: Sequence[dict[str, object]] = (),
    moved: Sequence[dict[str, object]] = (),
) -> list[dict[str, Any]]:
    """Return the features of some days; on each that was not closed, fuel was sold. The catalogue has `LISTED`, and the rows `moved` since."""
    opened = [sold(n, 1, category="FUEL") for n in range(max(asked) + 1) if n not in closed]
    return rows_of(
        category_demand,
        days=days(*map(day_of, asked)),
        category_day_sales=frame("category_day_sales", [*rows, *opened]),
        category_moves=frame("category_moves", moves),
        promotions=frame("promotions", promotions),
        products=frame("products", [*({"batch_date": day_of(0), "product_id": n, "category": category} for n, category in LISTED.items()), *moved]),
    )


def promotion(product_id: int, starts: int, ends: int, *, announced: int) -> dict[str, object]:
    """Return a promotion of a product from one day to another."""
    return {"batch_date": day_of(announced), "product_id": product_id, "starts_on": day_of(starts), "ends_on": day_of(ends)}


def ahead(row: dict[str, Any]) -> list[int]:
    """Return how many products are promoted on each of the days to come."""
    return [row[f"promoted_{n}d"] for n in range(1, 15)]


def move(moved: int, units: int, category: str, *, of: int, arrived: int | None = None) -> dict[str, object]:
    """Return what a category gains by a move, of what was sold on a day."""
    arrived = of if arrived is None else arrived
    return {
        "batch_date": day_of(max(moved, arrived)), "moved_on": day_of(moved), "arrived_on": day_of(arrived), "sold_on": day_of(of),
        "category": category, "units": units, "amount_cents": 100 * units, "discount_cents": 10 * units,
    }  # fmt: skip


def test_a_window_ends_with_the_batch_day_and_forgets_what_is_older() -> None:
    (row,) = made([sold(0, 1), sold(3, 2), sold(4, 4), sold(6, 8), sold(7, 16)], 6)
    assert (row["units_3d"], row["units_7d"], row["units_91d"]) == (12, 15, 15)
    (later,) = made([sold(0, 1), sold(3, 2), sold(4, 4), sold(6, 8), sold(7, 16)], 7)
    assert (later["units_3d"], later["units_7d"], later["units_14d"]) == (24, 30, 31)


def test_a_late_line_counts_on_its_day_of_sale_once_it_is_known() -> None:
    rows = [*(sold(n, 1) for n in (2, 3, 4)), sold(5, 3), sold(5, 4, known=6), sold(6, 0)]
    assert [row["fri_7d"] for row in made(rows, 5, 6)] == [3, 7]  # 2017-01-06 is a Friday


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


def usual(*numbers: int, category: str = "MILK", first: int = 0) -> list[dict[str, object]]:
    """Return ten pieces on each of some days, twenty on Fridays."""
    return [sold(n, 20 if day_of(n).weekday() == 4 else 10, category=category) for n in numbers if n >= first]


def test_a_closure_is_skipped_and_does_not_halve_what_is_known() -> None:
    closed = range(70, 84)
    (row,) = made(usual(*(n for n in range(85) if n not in closed)), 84, closed=closed)
    (before,) = made(usual(*range(71)), 70)
    windows = [name for name in row if name.endswith(("_3d", "_7d", "_14d", "_28d", "_56d"))]
    assert [row[name] for name in windows] == [before[name] for name in windows]
    assert (row["units_28d"], row["days_known"], row["days_sold_91d"]) == (4 * 80, 71, 71)
    assert {row[f"{weekday}_days"] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat")} == {10}
    assert row["sun_days"] == 11


def test_weekly_closing_leaves_whole_weeks_of_the_other_days() -> None:
    closed = range(0, 70, 7)  # 2017-01-01 is a Sunday
    (row,) = made(usual(*(n for n in range(70) if n not in closed)), 69, closed=closed)
    assert (row["days_known"], row["sun_days"], row["mon_days"]) == (60, 0, 10)
    assert (row["units_7d"], row["units_28d"], row["fri_28d"], row["mon_28d"], row["sun_28d"]) == (70, 280, 80, 40, 0)


def test_a_row_of_zeros_does_not_open_a_day() -> None:
    nothing = {**sold(1, 0), "lines": 0}
    assert made([sold(0, 1), nothing, sold(2, 1)], 2, closed=(1,)) == made([sold(0, 1), sold(2, 1)], 2, closed=(1,))


def test_the_recency_and_the_weights_go_by_open_days() -> None:
    (row,) = made([sold(0, 1), sold(1, 1)], 4, closed=(2, 3))
    assert (row["days_since_sale"], row["recent_units"]) == (1, 850_000 + 722_500)


def test_a_day_that_became_known_as_open_later_is_closed_until_then() -> None:
    rows = [sold(0, 1), sold(1, 5, known=3), sold(2, 1)]
    assert [row["days_known"] for row in made(rows, 2, 3, closed=(1,))] == [2, 4]


def test_days_are_known_since_the_shops_first_and_not_the_categorys() -> None:
    """What is sold for the first time today may be sold every day, or never again."""
    assert [row["category"] for row in made([*usual(*range(20)), sold(19, 9, category="NEW")], 19)] == ["MILK"]
    (row,) = made([*usual(*range(20), first=5)], 19)
    assert (row["days_known"], row["days_sold_28d"]) == (20, 15)


def test_what_a_product_sold_moves_with_it_and_the_category_it_left_is_gone() -> None:
    """All that was milk is dairy milk from the 19th on, and still milk as of the day before."""
    moves = [move(19, sign * row["units"], category, of=n) for n, row in enumerate(usual(*range(19))) for category, sign in (("MILK", -1), ("DAIRY MILK", 1))]  # type: ignore[operator]
    rows = [*usual(*range(19)), *usual(19, category="DAIRY MILK")]
    assert [(row["batch_date"], row["category"]) for row in made(rows, 18, 19, moves=moves)] == [(day_of(18), "MILK"), (day_of(19), "DAIRY MILK")]
    (moved,) = made(rows, 19, moves=moves)
    (never,) = made(usual(*range(20)), 19)
    assert {**moved, "category": "MILK"} == never


def test_what_goes_back_to_a_category_for_the_days_before_a_move_does_not_count() -> None:
    back = [move(17, sign * 10, category, of=19) for category, sign in (("MILK", 1), ("BREAD", -1))]
    assert made(usual(*range(20)), 19, moves=back) == made(usual(*range(20)), 19)


def test_one_wrong_quantity_counts_as_four_times_a_good_day() -> None:
    rows = [sold(n, 90_000 if n == 30 else 10) for n in range(40)]
    (row,) = made(rows, 39)
    assert (row["most_units"], row["units_56d"], row["sun_56d"], row["amount_91d"]) == (40, 39 * 10 + 40, 60, 39 * 1000 + 4000)
    assert row["squares_28d"] == 27 * 100 + 1600


def test_promotions_count_on_the_days_on_which_they_run() -> None:
    """Lately, the two products of milk were promoted on the 29 days before tomorrow, of which 28 count, and on the last two."""
    plan = [promotion(1, 2, 30, announced=0), promotion(2, 29, 33, announced=20), promotion(3, 31, 34, announced=30)]
    (row,) = made(usual(*range(31)), 30, promotions=plan)
    assert (row["promoted_28d"], row["days_planned"], ahead(row)) == (28 + 2, 4, [1, 1, 1, *[0] * 11])


def test_a_promotion_is_known_from_the_day_on_which_it_is_announced() -> None:
    plan = [promotion(1, 25, 30, announced=10), promotion(2, 21, 40, announced=20)]
    before, after = made(usual(*range(21)), 19, 20, promotions=plan)
    assert (before["days_planned"], ahead(before)) == (11, [0] * 5 + [1] * 6 + [0] * 3)
    assert (after["days_planned"], ahead(after)) == (14, [1, 1, 1, 1] + [2] * 6 + [1] * 4)


def test_a_promotion_is_of_the_category_that_its_product_has_on_the_day() -> None:
    plan, moved = [promotion(3, 1, 25, announced=0)], [{"batch_date": day_of(20), "product_id": 3, "category": "MILK"}]
    rows = made(usual(*range(21)), 19, 20, promotions=plan, moved=moved)
    assert [(row["promoted_28d"], row["promoted_1d"]) for row in rows] == [(0, 0), (20, 1)]


def test_a_product_that_is_listed_after_the_announcement_is_promoted_from_then_on() -> None:
    plan, listed = [promotion(4, 1, 25, announced=0)], [{"batch_date": day_of(20), "product_id": 4, "category": "MILK"}]
    assert [row["promoted_1d"] for row in made(usual(*range(21)), 19, 20, promotions=plan, moved=listed)] == [0, 1]


def test_without_a_plan_nothing_is_known_of_promotions() -> None:
    over, long_ago = promotion(1, 1, 30, announced=0), promotion(2, 1, 99, announced=0)
    (row,) = made(usual(*range(60)), 59, promotions=[over, long_ago])
    assert (row["promoted_28d"], row["days_planned"], ahead(row)) == (0, 0, [0] * 14)
