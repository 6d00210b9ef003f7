"""Requests to the web site, typed, with the campaign and the contact that they name. Invalid ones are rejected with the reason."""

from typing import Annotated

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis import _

from ..expressions.local_time import to_local
from ..expressions.log_time import log_time
from ..expressions.text import whole_number
from ..table.contract import Contract, Field
from ..table.table import table


class PageViews(Contract):
    """Requests to the web site."""

    batch_date: dt.Date = Field(description="store-local day of the request")
    requested_at: Annotated[dt.Timestamp, None, 6, True] = Field(description="time of the request, UTC")
    host: dt.String = Field(private=True, description="IP address of the client")
    method: dt.String = Field(description="method of the request, such as GET")
    path: dt.String = Field(description="path, without its query")
    status: dt.Int64 = Field(ge=100, le=599, description="status of the answer")
    campaign_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the campaign in the address; null if it names none")
    send_id: dt.Int64 = Field(gt=0, nullable=True, description="number of the message in the address; null if it names none")
    medium: dt.String = Field(nullable=True, description="what led here, as the address says: email, letter; null if it does not say")
    contact_id: dt.String = Field(nullable=True, description="marketing's number of the contact in the cookie; null if there is none")
    product_id: dt.Int64 = Field(gt=0, nullable=True, description="product that the page shows; null if it shows none")
    referrer: dt.String = Field(nullable=True, description="page that led here, without its query; null if unknown")
    agent: dt.String = Field(nullable=True, description="what the client calls itself; null if unknown")
    source_file: dt.String = Field(description="raw file, relative to the lake's root")
    source_line: dt.Int64 = Field(ge=1, description="line in the raw file")

    class Config:
        """One row per batch_date and line of a raw file."""

        unique = ["batch_date", "source_file", "source_line"]


@table(contract=PageViews)
def page_views(access_log: ir.Table) -> ir.Table:
    """Requests to the web site. Grain: one row per batch_date, source_file and source_line."""
    # RE2 has no look-behind: what is to be left out of a match stands outside of its group.
    parts = access_log.mutate(address=_.request.re_extract(r"^[A-Z]{1,16} (/\S*) HTTP/\d(?:\.\d)?$", 1).nullif(""))
    typed = parts.select(
        "batch_date",
        requested_at=log_time(parts.requested_at),
        host=_.host,
        method=_.request.re_extract(r"^([A-Z]{1,16}) ", 1),
        path=_.address.re_extract(r"^([^?#]*)", 1),
        status=whole_number(parts.status),
        campaign_id=_parameter(parts.address, "utm_campaign", r"\d{1,9}"),
        send_id=_parameter(parts.address, "utm_content", r"\d{1,18}"),
        medium=parts.address.re_extract(r"[?&]utm_medium=(email|letter)(?:[&#]|$)", 1).nullif(""),
        contact_id=parts.cookie.re_extract(r"(?:^|; ?)mid=(C\d{6})(?:;|$)", 1).nullif(""),
        product_id=whole_number(parts.address.re_extract(r"^/products/(\d{1,18})(?:[?#/]|$)", 1)),
        referrer=parts.referrer.re_extract(r"^([^?#]*)", 1).nullif("").nullif("-"),
        agent=parts.agent.nullif("").nullif("-"),
        source_file=_.source_file,
        source_line=_.source_line,
    )
    return typed.mutate(
        reject_reason=ibis.cases(
            (_.requested_at.isnull(), "requested_at is not a time of a web server's log"),
            (to_local(_.requested_at).date() != _.batch_date, "requested_at is on another day than the file's"),
            (_.path.isnull(), "request is not a method, a path and HTTP"),
            (~_.status.between(100, 599).fill_null(False), "status is not a status of HTTP"),
            *((_[name] <= 0, f"{name} is not positive") for name in ("campaign_id", "send_id", "product_id")),
        )
    )


def _parameter(address: ir.StringColumn, name: str, value: str) -> ir.IntegerColumn:
    """Return the number that a parameter of an address has; null if it has none, or another value."""
    return whole_number(address.re_extract(rf"[?&]{name}=({value})(?:[&#]|$)", 1))
