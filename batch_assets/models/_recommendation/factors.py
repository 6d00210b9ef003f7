"""Matrix factorization by alternating least squares on implicit feedback (Hu, Koren and Volinsky 2008), by the library implicit: a yardstick from outside."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .frame import Frame, Numbers, Whole

LIBRARY = "implicit ALS"
FACTORS = "factors.json"

PARAMETERS = {"factors": 16, "iterations": 10, "regularization": 0.05, "alpha": 10.0, "random_state": 1, "num_threads": 1}
DAYS = 91
"""The purchases of so many days are factorized."""


@dataclass(frozen=True)
class Factors:
    """Factors of customers and products; the product of two says how well they match.

    Attributes:
        customers: customers, in rising order.
        products: products, in rising order.
        of_customer: a row of factors each.
        of_product: a row of factors each.
    """

    customers: Whole
    products: Whole
    of_customer: NDArray[np.float32]
    of_product: NDArray[np.float32]

    @classmethod
    def fit(cls, days_bought: pd.DataFrame) -> "Factors":
        """Factorize.

        Args:
            days_bought: customer_id, product_id and the number of `days` on which the one bought the other.
        """
        from implicit.cpu.als import AlternatingLeastSquares
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        customers, row = np.unique(days_bought["customer_id"].to_numpy(np.int64), return_inverse=True)
        products, column = np.unique(days_bought["product_id"].to_numpy(np.int64), return_inverse=True)
        counts = csr_matrix((days_bought["days"].to_numpy(np.float32), (row, column)), shape=(len(customers), len(products)))
        with threadpool_limits(1, "blas"):  # several threads of BLAS add in any order, and take ten times as long
            made: Any = AlternatingLeastSquares(**PARAMETERS)
            made.fit(counts, show_progress=False)
        return cls(customers, products, made.user_factors, made.item_factors)

    def scores(self, frame: Frame) -> Numbers:
        """Return the match of each row's customer and product; 0 if either was unknown."""
        customer, known = _find(self.customers, frame.customer)
        product, listed = _find(self.products, frame.product)
        found = np.einsum("ij,ij->i", self.of_customer[customer], self.of_product[product]).astype(np.float64)
        return np.where(known & listed, found, 0.0)

    def as_file(self) -> dict[str, str]:
        """Return the file that it is kept in, by name."""
        whole = {"customers": self.customers.tolist(), "products": self.products.tolist()}
        return {FACTORS: json.dumps(whole | {"of_customer": self.of_customer.tolist(), "of_product": self.of_product.tolist()})}

    @classmethod
    def read(cls, text: str) -> "Factors":
        """Read the text of that file."""
        of = json.loads(text)
        customers, products = (np.asarray(of[name], np.int64) for name in ("customers", "products"))
        return cls(customers, products, np.asarray(of["of_customer"], np.float32), np.asarray(of["of_product"], np.float32))


def _find(known: Whole, wanted: Whole) -> tuple[Whole, NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return place, known[place] == wanted
