"""How rankings are judged: by what the customers bought in the week after.

NDCG@10 (Järvelin and Kekäläinen 2002) with gain 1 for what was bought; the ideal is that of min(10, bought) products at the top, whether
or not they were candidates. The hit rate is the share of customers of whose ten products at least one was bought.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .frame import Frame, Numbers, Whole, places

TOP = 10
_DISCOUNT = 1 / np.log2(np.arange(TOP) + 2)


@dataclass(frozen=True)
class Bought:
    """What customers bought in the week after a day: whole numbers, a row per customer and product.

    Attributes:
        customer: customers.
        product: the product that each bought.
        is_new: whether the customer bought it for the first time.
        is_young: whether the catalogue listed it only lately.
    """

    customer: Whole
    product: Whole
    is_new: NDArray[np.bool_]
    is_young: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "Bought":
        """Return the chosen rows."""
        return Bought(self.customer[chosen], self.product[chosen], self.is_new[chosen], self.is_young[chosen])

    def among(self, frame: Frame) -> NDArray[np.bool_]:
        """Return for each row of a frame whether it was bought."""
        return np.isin(_pairs(frame.customer, frame.product), _pairs(self.customer, self.product))

    def reached(self, frame: Frame) -> NDArray[np.bool_]:
        """Return for each purchase whether it is in a frame."""
        return np.isin(_pairs(self.customer, self.product), _pairs(frame.customer, frame.product))


def _pairs(customer: Whole, product: Whole) -> NDArray[np.void]:
    return np.rec.fromarrays([customer, product]).view("V16")


@dataclass(frozen=True)
class Judged:
    """Measures by customer that bought anything: NDCG@10, hit (0 or 1), and the share of what it bought that was in its ten."""

    ndcg: Numbers
    hit: Numbers
    recall: Numbers


def best(frame: Frame, scores: Numbers) -> NDArray[np.bool_]:
    """Return for each row whether it is among the ten best of its customer."""
    return places(frame.customer, frame.product, scores) <= TOP


def judge(frame: Frame, scores: Numbers, bought: Bought) -> Judged:
    """Judge the ten best of each customer by what was bought; customers of which nothing was bought are left out."""
    top = best(frame, scores)
    shown = frame.where(top)
    place = places(shown.customer, shown.product, scores[top])
    right = bought.among(shown)
    customers, counts = np.unique(bought.customer, return_counts=True)
    at = np.searchsorted(customers, shown.customer)
    found = right & np.isin(shown.customer, customers)
    gains = np.bincount(at[found], _DISCOUNT[place[found] - 1], minlength=len(customers))
    hits = np.bincount(at[found], minlength=len(customers))
    ideal = np.cumsum(_DISCOUNT)[np.minimum(counts, TOP) - 1]
    return Judged(gains / ideal, (hits > 0).astype(float), hits / counts)
