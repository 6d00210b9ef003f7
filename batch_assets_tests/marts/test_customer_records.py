"""customer_records on a few rows: each record on the day on which it is new or changed."""

import datetime as dt
from typing import Any

from batch_assets.marts.customer_records import customer_records

from ..frames import days, frame, rows_of

MONDAY, TUESDAY, WEDNESDAY = (dt.date(2017, 1, day) for day in (2, 3, 4))
ALL_DAYS = (MONDAY, TUESDAY, WEDNESDAY)


def typed(day: dt.date = MONDAY, key: str = "k1", **fields: Any) -> dict[str, Any]:
    return {"batch_date": day, "till_key": key, "given_name": "jane", "family_name": "doe", "postcode": "08772"} | fields


def contact(day: dt.date = MONDAY, **fields: Any) -> dict[str, Any]:
    return {"batch_date": day, "contact_id": "C100001", "name": "Jane Doe", "email": "jane@example.com", "postcode": "08772"} | fields


def delivery(day: dt.date = MONDAY, **fields: Any) -> dict[str, Any]:
    return {"batch_date": day, "delivery_no": 1, "name": "Jane Doe", "phone": "5550100", "street": "1, Elm St.", "postcode": "08772"} | fields


def records(
    *asked: dt.date,
    tills: tuple[dict[str, Any], ...] = (),
    contacts: tuple[dict[str, Any], ...] = (),
    deliveries: tuple[dict[str, Any], ...] = (),
) -> list[dict[str, Any]]:
    tables = {"till_customers": frame("till_customers", tills), "contacts": frame("contacts", contacts), "deliveries": frame("deliveries", deliveries)}
    return rows_of(customer_records, days=days(*(asked or ALL_DAYS)), **tables)


def test_a_record_is_told_once_on_its_first_day() -> None:
    rows = records(tills=(typed(TUESDAY), typed(WEDNESDAY)), deliveries=(delivery(TUESDAY), delivery(WEDNESDAY, delivery_no=2)))
    assert [(row["source"], row["batch_date"]) for row in rows] == [("logistics", TUESDAY), ("till", TUESDAY)]
    assert records(WEDNESDAY, tills=(typed(TUESDAY), typed(WEDNESDAY))) == []


def test_a_contact_is_told_again_when_it_changes() -> None:
    known = (contact(MONDAY), contact(TUESDAY), contact(WEDNESDAY, postcode=None))
    rows = records(contacts=known)
    assert [(row["batch_date"], row["postcode"]) for row in rows] == [(MONDAY, "08772"), (WEDNESDAY, None)]


def test_a_department_tells_only_what_it_knows() -> None:
    till, marketing, logistics = (records(**given)[0] for given in ({"tills": (typed(),)}, {"contacts": (contact(),)}, {"deliveries": (delivery(),)}))
    assert all(row["given_name"] == "jane" and row["family_name"] == "doe" and row["postcode"] == "08772" for row in (till, marketing, logistics))
    assert till["email"] is till["phone"] is till["street"] is None
    assert (marketing["source_key"], marketing["email"], marketing["phone"]) == ("C100001", "jane@example.com", None)
    assert (logistics["phone"], logistics["street"], logistics["email"]) == ("5550100", "1 elm st", None)


def test_a_recipient_written_otherwise_is_another_record_and_one_written_alike_is_not() -> None:
    written: tuple[dict[str, Any], ...] = ({"street": "1 ELM ST"}, {"name": "DOE, JANE"}, {"name": "J. Doe"}, {"phone": "5550101"}, {"postcode": "08773"})
    rows = records(deliveries=(delivery(), *(delivery(delivery_no=n, **fields) for n, fields in enumerate(written, 2))))
    assert len(rows) == 4
