"""The frame that products are ranked by: a row per customer and candidate, all features numeric, and the scores of the methods that need no training.

Each feature is a ratio of whole numbers, computed once, so it is the same on every machine. What looks at more than one row looks at
the rows of one customer.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Matrix = NDArray[np.float32]
Whole = NDArray[np.int64]

OWN, POPULAR, BLEND = "own most frequent", "popularity", "untrained blend"
UNTRAINED = (BLEND, OWN, POPULAR)
"""The methods that need no training, best first if nothing is known of them."""

_KNN_WEIGHT = 0.2
_REBUY_POWER = 0.25
_PRIOR_BUYERS = 10

_AS_THEY_ARE = (
    *("decayed_20", "decayed_60", "decayed_120", "days_since", "days_since_first"),
    *("trips_28d", "days_since_trip", "customers_28d", "customers_91d", "bought_7d", "bought_28d", "promoted_stores_7d", "store_customers_91d"),
    *("category_91d", "category_days_since", "category_products_91d", "type_days_since", "type_products", "maker_days"),
    *("similar_score", "similar_customers", "basket_score", "basket_link"),
)
_DERIVED = ("rebuy_rate", "gap", "since_by_gap", "shorter_gaps", "share_28d", "share_91d", "trend", "first_rate_7d", "price_by_type", "similar_share")
FEATURES = (*_AS_THEY_ARE, *_DERIVED)

COLUMNS = (
    *("customer_id", "product_id", "days_28d", "days_91d", "days_bought", "trips_91d", "rebuyers_91d", "shorter_gaps"),
    *("first_bought_7d", "active_customers", "price_cents", "type_price_cents"),
    *_AS_THEY_ARE,
)
"""The columns of `customer_candidates` and `customer_product` that a frame is built from."""


@dataclass(frozen=True)
class Frame:
    """Candidates of customers, those of one customer next to each other.

    Attributes:
        customer: the customer of each row.
        product: its product.
        features: a row of `FEATURES` each.
        known: whether the customer bought the product before.
        trips: on how many of the last 91 days the customer shopped.
        untrained: the scores of the methods that need no training, by name.
    """

    customer: Whole
    product: Whole
    features: Matrix
    known: NDArray[np.bool_]
    trips: Numbers
    untrained: dict[str, Numbers]

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, chosen: NDArray[np.bool_]) -> "Frame":
        """Return the chosen rows."""
        untrained = {name: scores[chosen] for name, scores in self.untrained.items()}
        return Frame(self.customer[chosen], self.product[chosen], self.features[chosen], self.known[chosen], self.trips[chosen], untrained)


def build_frame(rows: pa.Table | pa.RecordBatch) -> Frame:
    """Compute the features of each row.

    Args:
        rows: rows with `COLUMNS` of one day, all candidates of a customer among them, ordered by customer_id and product_id.
    """
    of = {name: _numbers(rows[name]) for name in COLUMNS if name not in ("customer_id", "product_id")}
    customer, product = (rows[name].to_numpy(zero_copy_only=False) for name in ("customer_id", "product_id"))
    derived = _derived(of, customer)
    features = np.empty((rows.num_rows, len(FEATURES)), np.float32)
    for place, name in enumerate(FEATURES):
        features[:, place] = derived[name] if name in derived else of[name]
    untrained = {BLEND: _blend(of, derived), OWN: of["days_91d"] * 1e6 + of["customers_91d"], POPULAR: of["customers_28d"]}
    return Frame(customer, product, features, of["days_bought"] > 0, of["trips_91d"], untrained)


def _derived(of: dict[str, Numbers], customer: Whole) -> dict[str, Numbers]:
    several = of["days_bought"] > 1
    gap = np.where(several, (of["days_since_first"] - of["days_since"]) / np.maximum(of["days_bought"] - 1, 1), np.nan)
    return {
        "rebuy_rate": (of["rebuyers_91d"] + 1) / (of["customers_91d"] + _PRIOR_BUYERS),
        "gap": gap,
        "since_by_gap": of["days_since"] / np.maximum(gap, 1),
        "shorter_gaps": np.where(several, of["shorter_gaps"] / np.maximum(of["days_bought"] - 1, 1), np.nan),
        "share_28d": of["days_28d"] / np.maximum(of["trips_28d"], 1),
        "share_91d": of["days_91d"] / np.maximum(of["trips_91d"], 1),
        "trend": of["bought_7d"] / np.maximum(of["bought_28d"], 1),
        "first_rate_7d": of["first_bought_7d"] / (of["active_customers"] - of["customers_91d"] + _PRIOR_BUYERS),
        "price_by_type": of["price_cents"] / np.maximum(of["type_price_cents"], 1),
        "similar_share": of["similar_score"] / np.maximum(most_of_each(of["similar_score"], customer), 1),
    }


def _blend(of: dict[str, Numbers], derived: dict[str, Numbers]) -> Numbers:
    """Return own purchases with decay, and a little of what similar customers buy, times a root of how often the product is bought again."""
    own = (of["decayed_60"] + of["decayed_120"] / 2) / 1e6
    return (own + _KNN_WEIGHT * derived["similar_share"]) * derived["rebuy_rate"] ** _REBUY_POWER


def most_of_each(values: Numbers, customer: Whole) -> Numbers:
    """Return for each row the greatest value of its customer; rows of a customer are next to each other."""
    if not len(values):
        return values
    begins = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]])
    return np.repeat(np.maximum.reduceat(values, begins), np.diff(np.r_[begins, len(values)]))


def places(customer: Whole, product: Whole, scores: Numbers) -> Whole:
    """Return the place of each row in its customer by falling score, from 1; of equal scores, the lower product number comes first."""
    order = np.lexsort((product, -scores, customer))
    begins = np.flatnonzero(np.r_[True, customer[order][1:] != customer[order][:-1]]) if len(order) else np.empty(0, int)
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)])) + 1
    return found


def _numbers(column: pa.ChunkedArray | pa.Array) -> Numbers:
    """Return numbers, NaN for null."""
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)
