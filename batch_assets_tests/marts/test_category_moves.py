"""category_moves on a few rows: what moved takes its sales with it, and what is sold afterwards goes back as of the days before."""

import datetime as dt
from typing import Any

from batch_assets.engine.compile import compiled
from batch_assets.marts.category_moves import DAYS_AFTER, DAYS_BEFORE, category_moves

from ..frames import days, frame, rows_of

FIRST = dt.date(2017, 1, 1)
MOVED = 100


def day(number: int) -> dt.date:
    """Return the calendar's day of that number, from 0."""
    return FIRST + dt.timedelta(days=number)


def listed(on: int, category: str, product_id: int = 1) -> dict[str, Any]:
    """Return a line of the catalogue."""
    return {"batch_date": day(on), "product_id": product_id, "category": category}


def sold(on: int, units: int, *, arrived: int | None = None, product_id: int = 1) -> dict[str, Any]:
    """Return a line of the till."""
    arrived = on if arrived is None else arrived
    return {"batch_date": day(arrived), "sold_on": day(on), "product_id": product_id, "quantity": units, "amount_cents": 100 * units, "discount_cents": units}


MILK_THEN_DAIRY = [listed(0, "MILK"), listed(MOVED, "DAIRY")]


def moves(lines: list[dict[str, Any]], products: list[dict[str, Any]], *asked: int) -> list[tuple[int, int, int, int, str, int]]:
    """Return batch_date, moved_on, arrived_on, sold_on as numbers, category and units of what the table makes of frames."""
    rows = rows_of(category_moves, days=days(*map(day, asked)), sales_lines=frame("sales_lines", lines), products=frame("products", products))
    dates = ("batch_date", "moved_on", "arrived_on", "sold_on")
    assert all(row["amount_cents"] == 100 * row["units"] and row["discount_cents"] == row["units"] for row in rows)
    return [(*((row[name] - FIRST).days for name in dates), row["category"], row["units"]) for row in rows]


def test_on_the_day_of_a_move_what_was_sold_before_follows() -> None:
    lines = [sold(98, 3), sold(98, 1), sold(97, 5, arrived=99), sold(98, 7, product_id=2)]
    assert moves(lines, [*MILK_THEN_DAIRY, listed(0, "MILK", 2)], MOVED) == [
        (MOVED, MOVED, 98, 98, "DAIRY", 4),
        (MOVED, MOVED, 98, 98, "MILK", -4),
        (MOVED, MOVED, 99, 97, "DAIRY", 5),
        (MOVED, MOVED, 99, 97, "MILK", -5),
    ]


def test_what_is_sold_from_that_day_on_goes_back_for_the_days_before() -> None:
    assert moves([sold(MOVED, 3)], MILK_THEN_DAIRY, MOVED) == [(MOVED, MOVED, MOVED, MOVED, "DAIRY", -3), (MOVED, MOVED, MOVED, MOVED, "MILK", 3)]
    assert moves([sold(101, 3, arrived=103)], MILK_THEN_DAIRY, 103) == [(103, MOVED, 103, 101, "DAIRY", -3), (103, MOVED, 103, 101, "MILK", 3)]


def test_sales_long_before_or_after_are_left_out() -> None:
    lines = [sold(MOVED - DAYS_BEFORE - 1, 1), sold(MOVED - DAYS_BEFORE, 2), sold(MOVED + DAYS_AFTER, 3), sold(MOVED + DAYS_AFTER + 1, 4)]
    found = moves(lines, MILK_THEN_DAIRY, MOVED, MOVED + DAYS_AFTER, MOVED + DAYS_AFTER + 1)
    assert {abs(units) for *_, units in found} == {2, 3}


def test_the_look_back_reaches_the_first_day_whose_sales_follow_and_no_further() -> None:
    first = min(arrived for _, _, arrived, _, _, _ in moves([sold(n, 1) for n in range(MOVED)], MILK_THEN_DAIRY, MOVED))
    assert category_moves.lookback["sales_lines"] == MOVED - first


def test_each_join_reads_the_sales_where_they_lie() -> None:
    """One selection that both read would be gathered in memory first, with a window of sales in it."""
    assert compiled(category_moves).sql.count('"sales_lines" AS') == 2


def test_a_line_of_the_catalogue_with_the_same_category_moves_nothing() -> None:
    assert moves([sold(98, 3), sold(101, 3)], [listed(0, "MILK"), listed(MOVED, "MILK")], MOVED, 101) == []


def test_a_product_that_moves_twice_takes_its_sales_a_step_at_a_time() -> None:
    twice = [listed(0, "MILK"), listed(50, "DAIRY"), listed(60, "CHEESE")]
    found = moves([sold(40, 1), sold(61, 8)], twice, 50, 60, 61)
    assert [(when, category, units) for when, _, _, _, category, units in found] == [
        (50, "DAIRY", 1), (50, "MILK", -1), (60, "CHEESE", 1), (60, "DAIRY", -1),
        (61, "DAIRY", -8), (61, "MILK", 8), (61, "CHEESE", -8), (61, "DAIRY", 8),
    ]  # fmt: skip


def test_what_arrived_before_the_product_was_listed_does_not_leave_a_category_in_which_it_never_counted() -> None:
    lines = [sold(3, 8), sold(3, 1, arrived=4), sold(4, 7)]
    assert moves(lines, [listed(4, "MILK"), listed(5, "DAIRY")], 5) == [
        (5, 5, 4, 3, "DAIRY", 1),
        (5, 5, 4, 3, "MILK", -1),
        (5, 5, 4, 4, "DAIRY", 7),
        (5, 5, 4, 4, "MILK", -7),
    ]


def test_a_range_has_the_rows_of_its_days() -> None:
    lines, asked = [sold(n, n) for n in range(90, 110)], range(98, 105)

    def known(rows: list[dict[str, Any]], n: int) -> list[dict[str, Any]]:
        return [row for row in rows if row["batch_date"] <= day(n)]

    alone = [moves(known(lines, n), known(MILK_THEN_DAIRY, n), n) for n in asked]
    assert moves(lines, MILK_THEN_DAIRY, *asked) == [row for rows in alone for row in rows]
