"""Products: what the catalogue says is typed, the last word of a day counts, and history follows from the days."""

import datetime as dt
from typing import Any

import ibis
import pytest

from batch_assets.marts.products import NO_CATEGORY, as_valid, products

from ..frames import frame, rows_of

DAY, NEXT, LAST = dt.date(2017, 1, 1), dt.date(2017, 1, 2), dt.date(2017, 1, 5)


def raw(line: int = 1, **fields: str | None) -> dict[str, Any]:
    """Return a line of the catalogue, as read, but for the fields that are given."""
    origin = {"batch_date": DAY, "source_file": "catalogue/2017-01-01.jsonl", "source_line": line}
    return {**origin, "product_id": "5", "manufacturer_id": "7", "department": "GROCERY", "brand": "National", "category": "MILK", **fields}


def made(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the table makes of lines of the catalogue."""
    return sorted(rows_of(products, catalogue=frame("catalogue", lines)), key=lambda row: row["source_line"])


def test_a_product_is_typed_and_says_where_it_is_from() -> None:
    assert made(raw(3, category=" milk ", department="grocery", type=" ", package_size="1 L")) == [
        {
            "batch_date": DAY,
            "product_id": 5,
            "manufacturer_id": 7,
            "department": "GROCERY",
            "category": "MILK",
            "product_type": None,
            "brand": "National",
            "package_size": "1 L",
            "source_file": "catalogue/2017-01-01.jsonl",
            "source_line": 3,
            "reject_reason": None,
        }
    ]


@pytest.mark.parametrize("category", [None, "", "  "])
def test_a_product_without_a_category_is_named_so(category: str | None) -> None:
    assert made(raw(category=category))[0]["category"] == NO_CATEGORY


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"product_id": None}, "product_id is missing or not a whole number"),
        ({"product_id": "five"}, "product_id is missing or not a whole number"),
        ({"product_id": "0"}, "product_id is not positive"),
        ({"product_id": "-5"}, "product_id is not positive"),
        ({"department": None}, "department is missing"),
        ({"department": " "}, "department is missing"),
        ({"department": "\u00a0"}, "department is missing"),
        ({"manufacturer_id": None}, None),
        ({"manufacturer_id": "abc"}, "manufacturer_id is not a whole number"),
        ({"manufacturer_id": ""}, "manufacturer_id is not a whole number"),
        ({"manufacturer_id": "0"}, "manufacturer_id is not positive"),
    ],
)
def test_what_identifies_a_product_must_make_sense(fields: dict[str, Any], reason: str | None) -> None:
    assert made(raw(**fields))[0]["reject_reason"] == reason


def test_a_category_has_one_form() -> None:
    assert {row["category"] for row in made(raw(1, category="cre\u0300me\u00a0x"), raw(2, product_id="6", category="CR\u00c8ME X"))} == {"CR\u00c8ME X"}


def test_the_last_line_of_a_day_counts_and_the_others_are_rejected() -> None:
    rows = made(raw(1, category="MILK"), raw(2, category="CHEESE"), raw(3, product_id="6"))
    assert [(row["category"], row["reject_reason"]) for row in rows] == [
        ("MILK", "a later line of the day has this product"),
        ("CHEESE", None),
        ("MILK", None),
    ]


def test_the_same_product_on_another_day_is_no_repetition() -> None:
    assert [row["reject_reason"] for row in made(raw(1), raw(2) | {"batch_date": NEXT})] == [None, None]


def test_a_product_is_valid_until_it_changes() -> None:
    history = frame("products", [{"batch_date": day, "product_id": p} for day, p in [(DAY, 5), (LAST, 5), (NEXT, 6)]])
    rows = ibis.duckdb.connect().to_pyarrow(as_valid(history)).to_pylist()
    forever = dt.date(9999, 12, 31)
    assert {(row["product_id"], row["batch_date"], row["valid_until"]) for row in rows} == {(5, DAY, LAST), (5, LAST, forever), (6, NEXT, forever)}
