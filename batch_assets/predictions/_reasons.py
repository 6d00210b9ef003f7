"""Why a product is recommended: a kind, its numbers, and a sentence that a person can check.

Each reason says only what the features say, so that it is true of the customer's purchases and of those of others as of the batch day.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

KINDS = ("rhythm", "bought", "basket", "similar", "category", "store", "new", "popular")
"""What a reason may be; of two sources that give a product the same place, the first one counts."""

_PLACES = {
    "basket": "basket_place",
    "similar": "similar_place",
    "category": "category_place",
    "store": "store_place",
    "new": "new_place",
    "popular": "popular_place",
}
_SEVERAL = 3


@dataclass(frozen=True)
class Reason:
    """A reason.

    Attributes:
        kind: one of `KINDS`.
        words: the sentence.
        count: purchases, or customers.
        every: days between two purchases, on average.
        days: days since the purchase that it speaks of.
        product_id: the product that it speaks of, if that is another one.
    """

    kind: str
    words: str
    count: int | None = None
    every: int | None = None
    days: int | None = None
    product_id: int | None = None


def reason_of(row: dict[str, Any]) -> Reason:
    """Return the reason for a candidate.

    Args:
        row: the columns of `customer_candidates` and `customer_product`.
    """
    return _of_own(row) if row["days_bought"] else _of_others(row)


def _of_own(row: dict[str, Any]) -> Reason:
    times, since = row["days_bought"], row["days_since"]
    if times >= _SEVERAL:
        every = max(1, round((row["days_since_first"] - since) / (times - 1)))
        return Reason("rhythm", f"bought every {_days(every)}, last {_ago(since)}", times, every, since)
    return Reason("bought", f"bought {'once' if times == 1 else 'twice, last'} {_ago(since)}", times, None, since)


def _of_others(row: dict[str, Any]) -> Reason:
    kind = min((kind for kind in _PLACES if row[_PLACES[kind]]), key=lambda kind: int(row[_PLACES[kind]]))
    match kind:
        case "basket":
            days, other = row["because_days_since"], row["because_product_id"]
            words = f"often in a basket with {row['because_product']}, which you bought {_when(row['batch_date'], days)}"
            return Reason(kind, words, days=days, product_id=other)
        case "similar":
            return Reason(kind, f"bought again and again by {row['similar_customers']} of the 40 customers most like yours", row["similar_customers"])
        case "store":
            return Reason(kind, f"bought by {row['store_customers_91d']} customers in your store in 91 days", row["store_customers_91d"])
        case "category" | "new":
            begin = "much bought" if kind == "category" else "new"
            return Reason(kind, f"{begin} in {row['category']}, of which you bought {row['category_products_91d']} in 91 days", row["category_products_91d"])
        case _:
            return Reason(kind, f"bought by {row['customers_28d']} customers in 28 days", row["customers_28d"])


def _days(count: int) -> str:
    return "day" if count == 1 else f"{count} days"


def _ago(days: int) -> str:
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"


def _when(day: dt.date, days: int) -> str:
    return f"on {day - dt.timedelta(days=days):%A}" if 1 < days < 7 else _ago(days)
