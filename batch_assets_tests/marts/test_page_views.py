"""Requests: typed, with the campaign and the contact that they name; what makes no sense says why."""

import datetime as dt
from typing import Any

import pytest

from batch_assets.marts.page_views import page_views

from ..frames import frame, rows_of

DAY = dt.date(2017, 7, 10)
GOOD = {
    "host": "192.0.2.1",
    "requested_at": "10/Jul/2017:14:00:05 -0400",
    "request": "GET /offers/26?utm_source=newsletter&utm_medium=email&utm_campaign=26&utm_content=7 HTTP/1.1",
    "status": "200",
    "size": "99",
    "referrer": "https://mail.example/?user=ann",
    "agent": "Mozilla/5.0",
    "cookie": "mid=C100001",
}


def made(**fields: Any) -> dict[str, Any]:
    """Return what the table makes of a request, but for the fields that are given."""
    line = {**GOOD, "batch_date": DAY, "source_file": "f", "source_line": 9, **fields}
    (row,) = rows_of(page_views, access_log=frame("access_log", [line]))
    return row


def test_a_request_is_typed_and_says_where_it_is_from() -> None:
    assert made() == {
        "batch_date": DAY,
        "requested_at": dt.datetime(2017, 7, 10, 18, 0, 5),  # noqa: DTZ001
        "host": "192.0.2.1",
        "method": "GET",
        "path": "/offers/26",
        "status": 200,
        "campaign_id": 26,
        "send_id": 7,
        "medium": "email",
        "contact_id": "C100001",
        "product_id": None,
        "referrer": "https://mail.example/",
        "agent": "Mozilla/5.0",
        "source_file": "f",
        "source_line": 9,
        "reject_reason": None,
    }


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/products/12", {"path": "/products/12", "product_id": 12, "campaign_id": None, "send_id": None, "medium": None}),
        ("/products/12?utm_campaign=3#top", {"path": "/products/12", "product_id": 12, "campaign_id": 3}),
        ("/products/12x", {"product_id": None}),
        ("/?xutm_campaign=3", {"campaign_id": None}),
        ("/?utm_campaign=3x&utm_content=", {"campaign_id": None, "send_id": None}),
        ("/#utm_campaign=3", {"path": "/", "campaign_id": None}),
        ("/?a=b&utm_medium=letter", {"medium": "letter"}),
        ("/?utm_medium=pigeon", {"medium": None}),
    ],
)
def test_an_address_names_page_campaign_and_message(address: str, found: dict[str, Any]) -> None:
    row = made(request=f"GET {address} HTTP/1.1")
    assert {name: row[name] for name in found} == found
    assert row["reject_reason"] is None


@pytest.mark.parametrize(
    ("cookie", "contact"), [("-", None), ("", None), ("mid=C1", None), ("x=1; mid=C100001; y=2", "C100001"), ("xmid=C100001", None), ("mid=C1000012", None)]
)
def test_a_cookie_names_a_contact_or_none(cookie: str, contact: str | None) -> None:
    assert made(cookie=cookie)["contact_id"] == contact


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"referrer": "-", "agent": "-"}, None),
        ({"requested_at": "10/Jul/2017:23:59:59 -0400"}, None),
        ({"requested_at": "-"}, "requested_at is not a time of a web server's log"),
        ({"requested_at": "11/Jul/2017:00:00:00 -0400"}, "requested_at is on another day than the file's"),
        ({"request": r"\x16\x03\x01"}, "request is not a method, a path and HTTP"),
        ({"request": "GET offers HTTP/1.1"}, "request is not a method, a path and HTTP"),
        ({"request": "GET /a b HTTP/1.1"}, "request is not a method, a path and HTTP"),
        ({"status": "-"}, "status is not a status of HTTP"),
        ({"status": "999"}, "status is not a status of HTTP"),
        ({"request": "GET /?utm_campaign=0 HTTP/2"}, "campaign_id is not positive"),
    ],
)
def test_what_makes_no_sense_is_rejected_with_its_reason(fields: dict[str, Any], reason: str | None) -> None:
    assert made(**fields)["reject_reason"] == reason
