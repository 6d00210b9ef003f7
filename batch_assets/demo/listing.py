"""When each product of the assortment is listed in the catalogue.

Belongs here: first sales and listing days. Does not belong here: later changes (`changes.py`), and the
catalogue's files (`catalogue.py`). Days are indices into the source's calendar, rows are indices into its products.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .seeds import generator
from .source import Source

FORGOTTEN = 0.01
"""The share of new products that are listed only after their first sale."""

AHEAD = 14
"""A product is listed at most this many open days before its first sale."""

BEHIND = 3
"""A forgotten product is listed at most this many open days after its first sale."""


@dataclass(frozen=True)
class Listing:
    """One number per product, by row.

    Attributes:
        first_sold: the day of the first sale; -1 for a product that was never sold.
        sold: the number of till lines with the product in the year.
        listed: the day on which the product is listed; past the calendar's end if that is after the year.
    """

    first_sold: NDArray[np.int64]
    sold: NDArray[np.int64]
    listed: NDArray[np.int64]


def listing(source: Source) -> Listing:
    """Draw the listing days for the whole year, regardless of which days are built."""
    known, sold_id = source.products["product_id"].to_numpy(), source.lines["product_id"].to_numpy()
    day_of_line = np.repeat(np.arange(len(source.calendar)), np.diff(source.starts))
    row_of_line = np.searchsorted(known, sold_id)
    # A few products that were sold are not in the assortment; they are never listed.
    row_of_line[row_of_line == len(known)] = 0
    in_assortment = known[row_of_line] == sold_id
    rows, first_line, counts = np.unique(row_of_line[in_assortment], return_index=True, return_counts=True)
    first_sold, sold = np.full(len(known), -1), np.zeros(len(known), np.int64)
    first_sold[rows], sold[rows] = day_of_line[in_assortment][first_line], counts
    return Listing(first_sold, sold, _listing_days(first_sold, generator("listing", source.calendar[0])))


def _listing_days(first_sold: NDArray[np.int64], chance: np.random.Generator) -> NDArray[np.int64]:
    ahead = np.maximum(first_sold - chance.integers(1, AHEAD + 1, len(first_sold)), 0)
    behind = first_sold + chance.integers(1, BEHIND + 1, len(first_sold))
    forgotten = (first_sold > 0) & (chance.random(len(first_sold)) < FORGOTTEN)
    return np.where(forgotten, behind, ahead)
