"""customer_purchases on a few till lines: whose they are, as known on the day, and their sums."""

from collections.abc import Sequence
from typing import Any

from batch_assets.marts.customer_purchases import CustomerPurchases, customer_purchases
from batch_assets.marts.customer_records import recipients

from ..frames import days, frame, rows_of
from .campaigns import CUSTOMER, DAY, MEMBERS, Row, day, line, member, typed


def purchases(*asked: int, **rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the purchases of some days, `DAY` if none is given: of a line of customer 7, unless other rows are given."""
    usual: dict[str, Sequence[Row]] = {"sales_lines": [line()], "till_customers": [typed()], "deliveries": [], "customer_members": MEMBERS}
    tables = {name: frame(name, found) for name, found in {**usual, **rows}.items()}
    return rows_of(customer_purchases, days=days(*map(day, asked or (0,))), **tables)


def whose(*asked: int, **rows: Sequence[Row]) -> list[int]:
    return [row["customer_id"] for row in purchases(*asked, **rows)]


def test_a_customer_is_one_however_the_name_is_typed() -> None:
    lines, names = [line(), line(receipt_id=2, quantity=2, amount_cents=300)], [typed(), typed(receipt_id=2, till_key="k8")]
    (row,) = purchases(sales_lines=lines, till_customers=names, customer_members=[*MEMBERS, member("till", "k8")])
    assert (row["customer_id"], row["units"], row["amount_cents"]) == (CUSTOMER, 3, 550)


def test_another_customers_purchases_are_apart() -> None:
    lines, names = [line(), line(receipt_id=2)], [typed(), typed(receipt_id=2, till_key="k8")]
    assert whose(sales_lines=lines, till_customers=names, customer_members=[*MEMBERS, member("till", "k8", customer=8)]) == [CUSTOMER, 8]


def test_who_a_customer_is_found_to_be_later_moves_no_purchase() -> None:
    lines, names = [line(), line(1)], [typed(), typed(1)]
    merged = [*MEMBERS, member("till", "k7", customer=3, since=1)]
    assert whose(0, 1, sales_lines=lines, till_customers=names, customer_members=merged) == [CUSTOMER, 3]
    assert whose(0, sales_lines=lines, till_customers=names, customer_members=merged) == [CUSTOMER]


def test_without_a_name_it_is_whose_delivery_it_was() -> None:
    note = {"batch_date": DAY, "delivery_no": 1, "store_id": 31, "receipt_id": 1, "name": "R Roy", "street": "1 Elm St", "postcode": "08772", "phone": None}
    (key,) = recipients(frame("deliveries", [note])).source_key.to_pyarrow().to_pylist()
    found = whose(till_customers=[], deliveries=[note], customer_members=[member("logistics", key, customer=9)])
    assert found == [9]


def test_what_nobody_is_known_to_have_bought_is_left_out() -> None:
    assert purchases(till_customers=[]) == []


def test_purchases_are_summed_by_day_store_and_product() -> None:
    others = [{"receipt_id": 2, "store_id": 32}, {"line_no": 2, "product_id": 2}, {"line_no": 3, "quantity": 4}]
    rows = purchases(
        sales_lines=[line(), *(line(**fields) for fields in others), line(-1, arrives=0)], till_customers=[typed(), typed(receipt_id=2, store_id=32), typed(-1)]
    )
    found = [(row["sold_on"], row["store_id"], row["product_id"], row["units"]) for row in rows]
    assert found == [(day(-1), 31, 1, 1), (DAY, 31, 1, 5), (DAY, 31, 2, 1), (DAY, 32, 1, 1)]


def test_a_customers_number_is_a_pseudonym() -> None:
    assert CustomerPurchases.pseudonyms() == ["customer_id"]
    assert CustomerPurchases.private() == []
