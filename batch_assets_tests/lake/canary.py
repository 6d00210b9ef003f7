"""A small lake in which one customer, a canary, is in every source about people: kept, rejected, sent again, and in what is no row; and a neighbour.

The neighbour has the canary's family name, address and phone, and stays.
"""

import datetime as dt
import json
from pathlib import Path

from .others import SMALL, write_other, write_others
from .writer import day_of, noon, product, till_line, write_catalogue, write_till

GIVEN, FAMILY = "Zerlina", "Quux"
CANARY = GIVEN.lower()
"""What is looked for, in lower case."""

HOST = "203.0.113.77"
"""The canary's address in the web log."""

CONTACT, NEIGHBOURS = "C100007", "C100008"
DAYS = [day_of(n) for n in range(2)]


def write_lake(lake: Path) -> None:
    """Write both days of all sources."""
    for day in DAYS:
        write_catalogue(lake, day, [product()])
        write_others(lake, day)
        write_till(lake, day, _lines(day))
        for name, records in (("contact_list", _contacts()), ("delivery_notes", _deliveries(day)), ("redemptions", _redemptions(day))):
            write_other(lake, name, day, records)
        for name, old, new in (("access_log", ("192.0.2.1", "C100001"), (HOST, CONTACT)), ("review_log", ("C100001",), (CONTACT,))):
            (good, *_) = SMALL[name].records(day)
            mine = good
            for before, after in zip(old, new, strict=True):
                mine = mine.replace(before, after)
            write_other(lake, name, day, [mine, good.replace('"review_id": 1', '"review_id": 2')])


def _lines(day: dt.date) -> list[str]:
    me, neighbour = ({"customer_name": f"{given} {FAMILY}", "postcode": "08772"} for given in (GIVEN, "Ann"))
    late = till_line(day, receipt_id="1", sold_at=noon(DAYS[0]), amount="2.50", **me)
    return [
        late,
        till_line(day, receipt_id="1", line_no="2", quantity="many", **me),
        till_line(day, receipt_id="1", line_no="3", **me) + ",one too many",
        till_line(day, receipt_id="2", **neighbour),
        till_line(day, receipt_id="2", line_no="2", quantity="few", **neighbour),
        till_line(day, receipt_id="3", amount="7.00"),
        till_line(day, receipt_id="4", amount="1.25", customer_name=f"{GIVEN.upper()} {FAMILY.upper()}", postcode="08772"),
    ]


def _contacts() -> list[str]:
    mine = {"contact_id": CONTACT, "name": f"{GIVEN} {FAMILY}", "email": f"{GIVEN}.{FAMILY}@example.com", "birth_year": 1970, "postcode": "08772"}
    neighbour = {"contact_id": NEIGHBOURS, "name": f"Ann {FAMILY}", "email": "ann@example.com", "birth_year": 1971, "postcode": "08772"}
    wrong = [mine | {"contact_id": "C7"}, mine | {"birth_year": 3000}, {"name": f"{GIVEN} {FAMILY}", "email": f"{GIVEN}.{FAMILY}@example.com"}]
    return [json.dumps(record) for record in (mine | {"postcode": None}, mine, *wrong, neighbour, neighbour | {"postcode": None}, neighbour)]


def _deliveries(day: dt.date) -> list[str]:
    (good, *_) = SMALL["delivery_notes"].records(day)
    phone = "<p:Phone>(654) 555-0179</p:Phone><p:Address>"
    mine, neighbour = (
        good.replace("Ren\u00e9 Roy", f"{given} {FAMILY}").replace("<p:Address>", phone).replace('"1"', f'"{number}"').replace("1 Elm St", "9 Wharf Rd")
        for number, given in ((7, GIVEN), (8, "Ann"))
    )
    return [good, mine, mine.replace('"7"', '"17"').replace("<p:City>Troy</p:City>", ""), neighbour, mine.replace("555-0179", "555"), mine]


def _redemptions(day: dt.date) -> list[str]:
    good = SMALL["redemptions"].records(day)[0].replace("Ren\u00e9 Roy", f"{GIVEN} {FAMILY}")
    mine = good.replace("C100001", CONTACT)
    torn = good.replace("1;", "2;", 1).replace("C100001", "")
    return [mine, torn, good.replace("1;", "3;", 1).replace("C100001", NEIGHBOURS).replace(GIVEN, "Ann"), mine.replace("1;", "4;", 1).replace("1,50", "x")]
