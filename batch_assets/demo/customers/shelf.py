"""Which product a review is about: the reviews' own products are not the retailer's, so each is given one of the demo's that fits its words.

Belongs here: words, categories, and the products of the reviews. Does not belong here: days and dirt (`reviews.py`).
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..listing import listing
from ..source import Source

CATEGORIES = {
    "coffee": "COFFEE",
    "tea": "TEAS",
    "dog": "DOG FOODS",
    "cat": "CAT FOOD",
    "chips": "BAG SNACKS",
    "cookies": "COOKIES/CONES",
    "chocolate": "CANDY - PACKAGED",
    "candy": "CANDY - PACKAGED",
    "cereal": "COLD CEREAL",
    "soup": "SOUP",
    "juice": "CANNED JUICES",
    "sauce": "CONDIMENTS/SAUCES",
    "pasta": "DRY NOODLES/PASTA",
    "crackers": "CRACKERS/MISC BKD FD",
}
"""The category of a review that has a word; of several words, the first in this order."""

EACH = (0.7, 0.3)
"""How the reviews of a category are divided among its best-selling products."""


@dataclass(frozen=True)
class Shelf:
    """The products that are reviewed.

    Attributes:
        products: by category, the best-selling ones, best first.
        buyers: by product, the households that bought it, in order.
    """

    products: dict[str, list[int]]
    buyers: dict[int, list[int]]

    def product(self, text: str, chance: np.random.Generator) -> int:
        """Return a product for a review; one whose words name no category is about any."""
        words = set(text.lower().split())
        fitting = [category for word, category in CATEGORIES.items() if word in words and category in self.products]
        category = fitting[0] if fitting else sorted(self.products)[chance.integers(len(self.products))]
        products = self.products[category]
        shares = np.array(EACH[: len(products)])
        return products[chance.choice(len(products), p=shares / shares.sum())]


def shelf(source: Source) -> Shelf:
    """Return the shelf of a source; if none of its products is of a category that is reviewed, it has the best-selling of all."""
    sold = listing(source).sold
    ids, categories = source.products["product_id"].to_pylist(), source.products["product_category"].to_pylist()
    best = sorted(range(len(ids)), key=lambda row: (-sold[row], ids[row]))
    products: dict[str, list[int]] = {}
    for row in best:
        if categories[row] in CATEGORIES.values() and len(products.setdefault(categories[row], [])) < len(EACH):
            products[categories[row]].append(ids[row])
    products = products or {"ALL": [ids[row] for row in best[: len(EACH)]]}
    bought = source.lines.filter(pc.is_in(source.lines["product_id"], pa.array(chain.from_iterable(products.values()))))
    pairs = bought.group_by(["product_id", "household_id"], use_threads=False).aggregate([])
    buyers: dict[int, list[int]] = {}
    for product, household in sorted(zip(pairs["product_id"].to_pylist(), pairs["household_id"].to_pylist(), strict=True)):
        buyers.setdefault(product, []).append(household)
    return Shelf(products, buyers)
