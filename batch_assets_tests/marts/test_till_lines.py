"""Till lines: typed, in the store's time; what makes no sense says why."""

import datetime as dt
from typing import Any

import ibis
import pyarrow as pa
import pytest

from batch_assets.marts.till_lines import till_lines
from batch_assets.settings import settings
from batch_assets.warehouse.holding import hold

from ..frames import frame, rows_of
from ..lake.writer import GOOD_LINE

DAY = dt.date(2017, 7, 10)


def raw(line: int = 2, day: dt.date = DAY, **fields: Any) -> dict[str, Any]:
    """Return a line of the till log, as read, but for the fields that are given."""
    return {**GOOD_LINE, "batch_date": day, "source_file": "f", "source_line": line, "sold_at": f"{day}T17:00:00Z", **fields}


def made(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of lines of the till log."""
    return sorted(rows_of(till_lines, pos_log=frame("pos_log", lines)), key=lambda row: row["source_line"])


def reason(day: dt.date = DAY, **fields: Any) -> Any:
    """Return why a line with these fields is rejected, or None."""
    return made(raw(day=day, **fields))[0]["reject_reason"]


def test_a_line_is_typed_and_says_where_it_is_from() -> None:
    (row,) = made(raw(9, receipt_id="12", customer_name=" Ann ", amount="2.50", retail_discount="0.30", coupon_discount="1", coupon_match_discount="0.1"))
    assert row == {
        "batch_date": DAY,
        "receipt_id": 12,
        "line_no": 1,
        "sold_at": dt.datetime(2017, 7, 10, 17),  # noqa: DTZ001
        "sold_on": DAY,
        "store_id": 31,
        "customer_name": "Ann",
        "postcode": None,
        "product_id": 1,
        "quantity": 1,
        "amount_cents": 250,
        "discount_cents": 140,
        "source_file": "f",
        "source_line": 9,
        "reject_reason": None,
    }


@pytest.mark.parametrize(
    ("batch_day", "sold_at", "sold_on"),
    [
        ("2017-07-10", "2017-07-11T03:59:59Z", "2017-07-10"),
        ("2017-07-11", "2017-07-11T04:00:00Z", "2017-07-11"),
        ("2017-01-10", "2017-01-11T04:59:59Z", "2017-01-10"),
        ("2017-01-11", "2017-01-11T05:00:00Z", "2017-01-11"),
        ("2017-03-12", "2017-03-12T04:59:59Z", "2017-03-11"),
        ("2017-03-12", "2017-03-13T03:59:59Z", "2017-03-12"),
        ("2017-03-13", "2017-03-13T04:00:00Z", "2017-03-13"),
        ("2017-11-05", "2017-11-05T03:59:59Z", "2017-11-04"),
        ("2017-11-05", "2017-11-06T04:59:59Z", "2017-11-05"),
        ("2017-11-06", "2017-11-06T05:00:00Z", "2017-11-06"),
        ("2017-12-31", "2018-01-01T04:59:59Z", "2017-12-31"),
    ],
)
def test_an_evening_sale_is_of_the_stores_day_in_summer_and_in_winter(batch_day: str, sold_at: str, sold_on: str) -> None:
    (row,) = made(raw(day=dt.date.fromisoformat(batch_day), sold_at=sold_at))
    assert (row["sold_on"], row["reject_reason"]) == (dt.date.fromisoformat(sold_on), None)


@pytest.mark.parametrize(
    ("sold_at", "expected"),
    [
        ("2017-07-03T12:00:00Z", None),
        ("2017-07-03T03:59:59Z", "sold_at is more than 7 days before the batch day"),
        ("2017-07-11T04:00:00Z", "sold_at is after the batch day"),
        ("1970-01-01T00:00:00Z", "sold_at is more than 7 days before the batch day"),
    ],
)
def test_a_late_line_keeps_its_day_of_sale_and_a_wrong_clock_is_rejected(sold_at: str, expected: str | None) -> None:
    (row,) = made(raw(sold_at=sold_at))
    assert row["reject_reason"] == expected
    assert row["batch_date"] == DAY
    if expected is None:
        assert row["sold_on"] == dt.date(2017, 7, 3)


def test_a_till_that_is_open_after_midnight_or_ahead_of_time_sells_on_the_batch_day(monkeypatch: pytest.MonkeyPatch) -> None:
    late: dict[str, Any] = {"sold_at": "2017-07-11T04:05:00Z"}
    assert reason(**late) == "sold_at is after the batch day"
    with monkeypatch.context() as patch:
        patch.setattr(settings, "day_ends_at", dt.time(2))
        assert [made(raw(**late))[0][name] for name in ("sold_on", "reject_reason")] == [DAY, None]
        assert reason(sold_at="2017-07-11T06:00:00Z") == "sold_at is after the batch day"
        assert reason(sold_at="2017-07-10T05:59:59Z") is None
    with monkeypatch.context() as patch:
        patch.setattr(settings, "minutes_ahead", 6)
        assert [made(raw(**late))[0][name] for name in ("sold_on", "reject_reason")] == [DAY, None]
        assert reason(sold_at="2017-07-11T04:06:00Z") == "sold_at is after the batch day"


@pytest.mark.parametrize(
    "sold_at",
    [
        "",
        "2017-07-10",
        "2017-07-10 17:00:00",
        "2017-07-10T17:00:00",
        "2017-07-10T17:00:00+02:00",
        "2017-02-30T17:00:00Z",
        "10/07/2017",
        "2017-07-10T25:00:00Z",
        "2017-07-10T24:00:00Z",
    ],
)
def test_a_time_that_is_not_utc_is_rejected(sold_at: str) -> None:
    assert reason(sold_at=sold_at) == "sold_at is not a UTC time"


@pytest.mark.parametrize(
    ("amount", "cents"), [("0", 0), ("0.00", 0), ("1", 100), ("1.5", 150), ("1.05", 105), ("0.29", 29), ("100000.00", 10_000_000), ("-0", 0)]
)
def test_money_is_exact_cents(amount: str, cents: int) -> None:
    (row,) = made(raw(amount=amount))
    assert (row["amount_cents"], row["reject_reason"]) == (cents, None)


@pytest.mark.parametrize("amount", ["", "1,50", "$1", "1.005", "1e2", ".5", "1.", " 1", "1 ", "nan", "inf", "+1", "1234567890123", "1.0\n", "\u0661"])
def test_money_in_another_form_is_rejected(amount: str) -> None:
    assert reason(amount=amount) == "amount is not dollars and cents"
    assert reason(coupon_discount=amount) == "coupon_discount is not dollars and cents"


@pytest.mark.parametrize("name", ["receipt_id", "line_no", "store_id", "product_id", "quantity"])
@pytest.mark.parametrize("number", ["", "x", "1.5", "5.0", "1e3", "99999999999999999999", "1 2"])
def test_a_number_that_is_not_whole_is_rejected(name: str, number: str) -> None:
    fields: dict[str, Any] = {name: number}
    assert reason(**fields) == f"{name} is not a whole number"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"receipt_id": "0"}, "receipt_id is not positive"),
        ({"line_no": "-1"}, "line_no is not positive"),
        ({"quantity": "-1"}, "quantity is negative"),
        ({"amount": "-0.01"}, "amount is negative"),
        ({"retail_discount": "-3"}, "retail_discount is negative"),
        ({"retail_discount": "5", "coupon_discount": "-3"}, "coupon_discount is negative"),
        ({"quantity": "0", "amount": "0.00"}, None),
    ],
)
def test_what_was_sold_is_not_negative(fields: dict[str, Any], expected: str | None) -> None:
    assert reason(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"quantity": "100000"}, None),
        ({"quantity": "100001"}, "quantity is more than 100000"),
        ({"quantity": "4006381333931"}, "quantity is more than 100000"),
        ({"amount": "100000.01"}, "amount is more than 100000 dollars"),
        ({"coupon_match_discount": "999999999999.99"}, "coupon_match_discount is more than 100000 dollars"),
        ({"retail_discount": "100000", "coupon_discount": "100000", "coupon_match_discount": "100000"}, None),
    ],
)
def test_a_barcode_is_no_quantity_and_money_has_bounds(fields: dict[str, Any], expected: str | None) -> None:
    (row,) = made(raw(**fields))
    assert row["reject_reason"] == expected
    if expected is None:
        con = ibis.duckdb.connect()
        con.create_table("rows", pa.Table.from_pylist([{k: v for k, v in row.items() if k != "reject_reason"}], schema=till_lines.contract.arrow_schema()))
        hold(con, till_lines.contract, "rows")


def test_names_have_one_form() -> None:
    (row,) = made(raw(customer_name="Rene\u0301\u00a0Roy ", postcode="\u00a0"))
    assert (row["customer_name"], row["postcode"]) == ("Ren\u00e9 Roy", None)


def test_a_line_that_was_sent_twice_is_there_twice() -> None:
    assert [row["reject_reason"] for row in made(raw(2), raw(3))] == [None, None]
