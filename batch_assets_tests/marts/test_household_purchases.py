"""household_purchases on a few till lines: one household however its name was typed, and no name to be seen."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.household_purchases import HouseholdPurchases, household_purchases
from batch_assets.settings import settings

from ..frames import frame, rows_of

DAY = dt.date(2017, 1, 2)


def line(name: str | None, postcode: str | None = "08772", **fields: Any) -> dict[str, Any]:
    """Return a till line, on which a customer's name was typed."""
    return {
        "batch_date": DAY, "sold_on": DAY, "store_id": 31, "product_id": 1, "quantity": 1, "amount_cents": 100, "customer_name": name, "postcode": postcode
    } | fields  # fmt: skip


def purchases(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    return rows_of(household_purchases, sales_lines=frame("sales_lines", lines))


@pytest.mark.parametrize("typed", ["Jane Doe", "JANE DOE", "jane doe", "Doe, Jane", "doe,jane", "J. Doe", "Jan Doe", "Jane Deo", " Jane  Doe ", "Doe"])
def test_a_name_is_typed_in_many_ways(typed: str) -> None:
    (row,) = purchases(line("Jane Doe"), line(typed, quantity=2, amount_cents=250))
    assert (row["units"], row["amount_cents"]) == (3, 350)


@pytest.mark.parametrize(("name", "postcode"), [("Jane Roe", "08772"), ("Jane Doe", "08773"), ("Jane Does", "08772")])
def test_another_surname_or_postcode_is_another_household(name: str, postcode: str) -> None:
    assert len({row["household_id"] for row in purchases(line("Jane Doe"), line(name, postcode))}) == 2


@pytest.mark.parametrize(("name", "postcode"), [(None, "08772"), ("Jane Doe", None), ("  ", "08772"), ("Jane Doe", " "), (", Jane", "08772")])
def test_without_a_surname_or_a_postcode_nobody_is_known(name: str | None, postcode: str | None) -> None:
    assert purchases(line(name, postcode)) == []


def test_purchases_are_summed_by_day_store_and_product() -> None:
    other = dt.date(2017, 1, 1)
    rows = purchases(*(line("Jane Doe", **fields) for fields in ({}, {"quantity": 4}, {"store_id": 32}, {"product_id": 2}, {"sold_on": other})))
    found = [(row["sold_on"], row["store_id"], row["product_id"], row["units"]) for row in rows]
    assert found == [(other, 31, 1, 1), (DAY, 31, 1, 5), (DAY, 31, 2, 1), (DAY, 32, 1, 1)]


def test_whoever_has_not_the_salt_cannot_tell_whose_number_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = purchases(line("Jane Doe"))
    monkeypatch.setattr(settings, "pseudonym_salt", "another")
    (two,) = purchases(line("Jane Doe"))
    assert one["household_id"] != two["household_id"]
    assert HouseholdPurchases.pseudonyms() == ["household_id"]
    assert HouseholdPurchases.private() == []
