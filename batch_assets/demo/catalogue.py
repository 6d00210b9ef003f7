"""The catalogue: which products a day's file has, and its dirt.

Belongs here: assembling the file and its manifest entry, and the dirt in its lines. Does not belong here:
when products are listed (`listing.py`) and how they change (`changes.py`).
"""

import datetime as dt
import json

import numpy as np

from .changes import Assortment, Product
from .dirt import CLEAN, draw_kinds
from .files import CATALOGUE
from .listing import listing
from .manifest import Entry, Instance, count_up
from .seeds import generator
from .source import Source

RATES = {"broken_json": 1 / 2000, "repeated": 1 / 2000, "no_product_id": 1 / 10000}
"""The kinds of dirt in catalogue lines, each with its share of the lines."""


class Catalogue:
    """The catalogue of a range of days."""

    def __init__(self, source: Source, first: dt.date, dirtier: float) -> None:
        """Prepare the catalogue; the file of the day `first` is a full dump of the products listed by then."""
        self._calendar, self._first = source.calendar, first
        self._rates = {kind: rate * dirtier for kind, rate in RATES.items()}
        self._listing = listing(source)
        self._assortment = Assortment(source, self._listing)

    def file(self, day: dt.date) -> tuple[str, Entry]:
        """Return the text of a day's file, and its manifest entry; line numbers start at 1."""
        today = self._calendar.index(day)
        rows = self._rows(day)
        lines, dirt = self._lines([self._assortment.product(row, today) for row in rows], day)
        changed = [change for change in self._assortment.changes_on(today) if day != self._first]
        first_sold, listed = self._listing.first_sold[rows], self._listing.listed[rows]
        behind = np.array(rows, np.int64)[(first_sold >= 0) & (first_sold < listed)].tolist()
        told = {
            "changed": [{"product_id": self._id(c.row), "field": c.field, "value": c.value} for c in changed],
            "listed_after_sale": [self._id(row) for row in behind],
        }
        entry = {"file": CATALOGUE.format(day=day), **count_up(len(lines), dirt), **told}
        return "".join(f"{line}\n" for line in lines), entry

    def _id(self, row: int) -> int | str | None:
        return self._assortment.product(row, 0)["product_id"]

    def _rows(self, day: dt.date) -> list[int]:
        """Return the rows of the products in a day's file, in order: those added or changed since the previous day, or all on the first day."""
        today = self._calendar.index(day)
        if day == self._first:
            return np.flatnonzero(self._listing.listed <= today).tolist()
        added: list[int] = np.flatnonzero(self._listing.listed == today).tolist()
        return sorted({*added, *(change.row for change in self._assortment.changes_on(today))})

    def _lines(self, products: list[Product], day: dt.date) -> tuple[list[str], dict[str, list[Instance]]]:
        chance = generator("catalogue dirt", day)
        lines: list[str] = []
        dirt: dict[str, list[Instance]] = {kind: [] for kind in RATES}
        for product, kind in zip(products, draw_kinds(len(products), self._rates, chance).tolist(), strict=True):
            lines.append(_line(product, kind))
            if kind == "repeated":
                lines.append(lines[-1])
            if kind != CLEAN:
                dirt[kind].append({"line": len(lines), "product_id": product["product_id"] or 0})
        return lines, dirt


def _line(product: Product, kind: str) -> str:
    if kind == "no_product_id":
        product = {name: value for name, value in product.items() if name != "product_id"}
    line = json.dumps(product, ensure_ascii=False)
    return line[: len(line) // 2] if kind == "broken_json" else line
