"""Sales: each line of a receipt once, however often and on whatever day within the look-back it was sent."""

import datetime as dt
from typing import Any

from batch_assets.marts.sales_lines import sales_lines

from ..frames import days, frame, rows_of

DAY = dt.date(2017, 7, 10)


def line(day: int, place: int, *, sold: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a typed line that arrived some days after `DAY`."""
    arrived = DAY + dt.timedelta(days=day)
    known = {"receipt_id": 1, "line_no": 1, "store_id": 31, "product_id": 1, "quantity": 1, "amount_cents": 250, "discount_cents": 0}
    return {**known, "batch_date": arrived, "sold_on": DAY + dt.timedelta(days=sold), "source_file": f"day{day}", "source_line": place, **fields}


def judged(*lines: dict[str, Any]) -> list[str | None]:
    """Return why each line is rejected, or None, in the lines' order."""
    asked = days(*{line["batch_date"] for line in lines})
    rows = rows_of(sales_lines, days=asked, till_lines=frame("till_lines", lines))
    reasons = {(row["source_file"], row["source_line"]): row["reject_reason"] for row in rows}
    return [reasons[line["source_file"], line["source_line"]] for line in lines]


def test_a_line_that_was_sent_twice_on_a_day_is_kept_once() -> None:
    assert judged(line(0, 2), line(0, 3), line(0, 4, line_no=2), line(0, 5, quantity=9), line(0, 6, receipt_id=2)) == [
        None,
        "the line was sent before: day0, line 2",
        None,
        "the line was sent before: day0, line 2",
        None,
    ]


def test_a_line_that_is_sent_again_on_a_later_day_is_kept_on_the_first() -> None:
    assert judged(line(1, 9), line(0, 11), line(7, 2)) == ["the line was sent before: day0, line 11", None, "the line was sent before: day0, line 11"]


def test_the_first_by_day_counts_and_not_the_first_by_the_name_of_its_file() -> None:
    assert judged(line(0, 5, source_file="z"), line(1, 2, source_file="a")) == [None, "the line was sent before: z, line 5"]


def test_numbers_of_receipts_may_begin_again_on_the_next_day_and_in_another_store() -> None:
    assert judged(line(0, 2), line(1, 2, sold=1), line(0, 3, store_id=32)) == [None, None, None]


def test_a_late_line_that_was_not_sent_before_is_kept() -> None:
    assert judged(line(0, 2), line(3, 2, line_no=2)) == [None, None]


def test_other_lines_of_a_receipt_that_is_sent_again_are_their_own() -> None:
    assert judged(line(0, 2), line(0, 3, line_no=2), line(1, 2), line(1, 3, line_no=3)) == [None, None, "the line was sent before: day0, line 2", None]


def test_lines_of_the_days_before_are_looked_at_and_not_made_again() -> None:
    before, again = line(0, 2), line(1, 2)
    (row,) = rows_of(sales_lines, days=days(DAY + dt.timedelta(days=1)), till_lines=frame("till_lines", [before, again]))
    assert (row["source_file"], row["reject_reason"]) == ("day1", "the line was sent before: day0, line 2")
