"""till_customers on a few till lines: one customer a receipt, whatever is blank."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.till_customers import till_customers
from batch_assets.settings import settings

from ..frames import frame, rows_of

DAY = dt.date(2017, 1, 2)


def line(name: str | None = "Jane Doe", **fields: Any) -> dict[str, Any]:
    return {"batch_date": DAY, "sold_on": DAY, "store_id": 31, "receipt_id": 1, "line_no": 1, "customer_name": name, "postcode": "08772"} | fields


def customers(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_of(till_customers, sales_lines=frame("sales_lines", lines))


def test_a_receipt_has_one_customer() -> None:
    (row,) = customers(line(), line(line_no=2))
    assert (row["given_name"], row["family_name"], row["postcode"]) == ("jane", "doe", "08772")


@pytest.mark.parametrize("typed", ["JANE DOE", "Doe, Jane", "J\u00e1ne  Doe"])
def test_a_name_in_another_form_has_the_same_key(typed: str) -> None:
    one, two = customers(line(), line(typed, receipt_id=2))
    assert one["till_key"] == two["till_key"]


@pytest.mark.parametrize("other", [line("J. Doe", receipt_id=2), line(postcode="08773", receipt_id=2), line(postcode=None, receipt_id=2)])
def test_another_spelling_or_postcode_is_another_record(other: dict[str, Any]) -> None:
    assert len({row["till_key"] for row in customers(line(), other)}) == 2


@pytest.mark.parametrize("blank", [None, " ", ", Jane"])
def test_a_receipt_without_a_family_name_is_nobodys(blank: str | None) -> None:
    assert customers(line(blank)) == []


def test_receipts_are_told_apart_by_day_and_store() -> None:
    assert len(customers(line(), line(store_id=32), line(sold_on=dt.date(2017, 1, 1)))) == 3


def test_whoever_has_not_the_salt_cannot_tell_whose_key_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = customers(line())
    monkeypatch.setattr(settings, "pseudonym_salt", "another")
    (two,) = customers(line())
    assert one["till_key"] != two["till_key"]
