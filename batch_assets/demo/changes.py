"""How listed products change over the year.

Belongs here: drawing changes, and a product's fields as of a day. Does not belong here: the catalogue's files
(`catalogue.py`). Days are indices into the source's calendar, rows are indices into its products.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from .listing import Listing
from .seeds import generator
from .source import Source

CHANGES_A_DAY = 4
"""The average number of products per day that change package size, brand or type."""

MOVES = 20
"""The number of products that move to another category of their department during the year."""

LOW_SELLER = 3
"""Only products with at most this many till lines in the year move."""

_FIELDS = ("package_size", "brand", "type")

Product = dict[str, int | str | None]


@dataclass(frozen=True)
class Change:
    """A new value for one field of one product, from a given day on."""

    day: int
    row: int
    field: str
    value: str


class Assortment:
    """The products with all changes of the year, regardless of which days are built."""

    def __init__(self, source: Source, listing: Listing) -> None:
        """Draw the year's changes."""
        names = {"product_category": "category", "product_type": "type"}
        self._products: list[Product] = source.products.rename_columns(names).to_pylist()
        self._changes: dict[int, list[Change]] = defaultdict(list)
        self._of_day: dict[int, list[Change]] = defaultdict(list)
        self._move_some(source, listing)
        self._change_some(source, listing)

    def product(self, row: int, day: int) -> Product:
        """Return a product's fields as of a day."""
        return self._products[row] | {c.field: c.value for c in self._changes[row] if c.day <= day}

    def changes_on(self, day: int) -> list[Change]:
        """Return the changes on a day, in no particular order."""
        return self._of_day[day]

    def _add(self, change: Change) -> None:
        self._changes[change.row].append(change)
        self._of_day[change.day].append(change)

    def _move_some(self, source: Source, listing: Listing) -> None:
        chance, last = generator("moves", source.calendar[0]), len(source.calendar) - 1
        categories = self._values("department", "category")
        low = np.flatnonzero((listing.sold > 0) & (listing.sold <= LOW_SELLER) & (listing.listed < last))
        for row in chance.choice(low, min(MOVES, len(low)), replace=False).tolist():
            day = int(chance.integers(listing.listed[row] + 1, last + 1))
            product = self._products[row]
            others = [c for c in categories[product["department"]] if c != product["category"]]
            if others:
                self._add(Change(day, row, "category", others[chance.integers(len(others))]))

    def _change_some(self, source: Source, listing: Listing) -> None:
        values = {field: self._values("category", field) for field in _FIELDS}
        for day in range(1, len(source.calendar)):
            chance = generator("changes", source.calendar[day])
            listed = np.flatnonzero(listing.listed < day)
            for row in chance.choice(listed, min(int(chance.poisson(CHANGES_A_DAY)), len(listed)), False).tolist():
                product, field = self.product(row, day), _FIELDS[chance.integers(len(_FIELDS))]
                others = [v for v in values[field][self._products[row]["category"]] if v != product[field]]
                if others:
                    self._add(Change(day, row, field, others[chance.integers(len(others))]))

    def _values(self, of_each: str, field: str) -> dict[int | str | None, list[str]]:
        """Return the known values of a field for each value of another field, sorted."""
        found: dict[int | str | None, set[str]] = defaultdict(set)
        for product in self._products:
            if isinstance(value := product[field], str):
                found[product[of_each]].add(value)
        return defaultdict(list, {key: sorted(values) for key, values in found.items()})
