"""The whole story of one customer as of a day, as `python -m batch_assets customer` prints it.

Belongs here: what is shown, and in which form. Does not belong here: which rows are of a customer (`customer_rows.py`).
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from ibis.backends import BaseBackend

from ..table.contract import PRIVATE
from .customer_rows import CustomerRows, Row, customer_of, known_to_all, latest_day

_MOST = 8
"""The most lines of a section in which the rest can be counted."""

_KNOWN_BY = ("given_name", "family_name", "postcode", "phone", "street", "email", "birth_year")
_LISTS = {"repeat": "likely to be bought again", "discovery": "never bought, and most likely to be"}


def customer(con: BaseBackend, asked: str | None, day: dt.date | None, *, with_names: bool) -> str:
    """Return what is known of a customer.

    Args:
        con: a connection to the warehouse.
        asked: a customer_id, or `SOURCE:KEY` of one of the customer's records; None for one whom most departments know.
        day: the day as of which it is told; None for the last one that is published.
        with_names: whether names, addresses and all else that is private is shown.

    Raises:
        BatchError: nobody is known by this.
    """
    day = day or latest_day(con)
    found = CustomerRows(con, customer_of(con, asked, day) if asked else known_to_all(con, day), day)
    purchases = found.purchases()
    sections = {
        "Records": _records(found.records(), with_names=with_names),
        "Why they are one customer": _links(found.links()),
        "Purchases, of the receipts on which the name was typed": _purchases(purchases),
        "Campaigns; what is credited to one was not caused by it": _campaigns(found.campaigns()),
        "Recommendations": _recommendations(found.recommendations()),
    }
    told = "\n\n".join(f"{title}\n" + ("\n".join(f"  {line}" for line in lines) or "  none") for title, lines in sections.items())
    masked = "" if with_names else f"\n\nWhat is {PRIVATE} is not shown; --with-names shows it."
    return f"\nCustomer {found.customer} as of {day}\n\n{told}{masked}"


def _records(records: Sequence[Row], *, with_names: bool) -> list[str]:
    told = [{name: str(row[name]) for name in _KNOWN_BY if row[name] is not None} for row in records]
    known = [[f"{name.replace('_', ' ')} {value if with_names else PRIVATE}" for name, value in values.items()] for values in told]
    return _aligned([[row["source"], row["source_key"], f"since {row['since']}", ", ".join(its)] for row, its in zip(records, known, strict=True)])


def _links(links: Sequence[Row]) -> list[str]:
    told = [
        [
            f"{row['left_source']}:{row['left_key']}",
            f"{row['right_source']}:{row['right_key']}",
            f"{row['batch_date']}",
            row["status"],
            f"{row['probability']:.4f}",
            row["evidence"] or row["why"],
        ]
        for row in links
    ]
    return _cut(_aligned(told), "links")


def _purchases(lines: Sequence[Row]) -> list[str]:
    if not lines:
        return []
    receipts = {(row["sold_on"], row["store_id"], row["receipt_id"]) for row in lines}
    days = [row["sold_on"] for row in lines]
    head = f"{len(receipts)} receipts, {len(lines)} lines, {_dollars(sum(row['amount_cents'] for row in lines))}, {min(days)} to {max(days)}"
    last = [
        [f"{row['sold_on']}", f"store {row['store_id']}", f"{row['product_id']}", row["product_type"] or row["category"] or "", _dollars(row["amount_cents"])]
        for row in lines
    ]
    return [head, *_cut(_aligned(last), "lines")]


def _campaigns(campaigns: Sequence[Row]) -> list[str]:
    return _aligned(
        [
            [
                f"campaign {row['campaign_id']}",
                f"{row.get('sent', 0)} messages",
                f"{row.get('clicked', 0)} clicks",
                f"{row.get('redeemed', 0)} coupons",
                "; ".join(f"{one['evidence']}: {one['lines']} lines, {_dollars(one['amount_cents'])}" for one in row.get("credited", [])),
            ]
            for row in campaigns
        ]
    )


def _recommendations(rows: Sequence[Row]) -> list[str]:
    counts, told = Counter[str](), list[list[str]]()
    for row in rows:
        counts[row["list"]] += 1
        if counts[row["list"]] <= _MOST // 2:
            told.append([_LISTS[row["list"]], f"{row['product_id']}", row["product"], row["reason"]])
    return [f"of {rows[0]['batch_date']}", *_aligned(told)] if rows else []


def _dollars(cents: int) -> str:
    return f"{cents / 100:,.2f} dollars"


def _cut(lines: Sequence[str], what: str) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = [f"and {len(lines) - _MOST} more {what}"] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return each row as a line, its cells in columns."""
    widths = [max(len(row[place]) for row in rows if place < len(row)) for place in range(max(map(len, rows), default=0))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
