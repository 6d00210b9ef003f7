"""Logistic regression, as scikit-learn fits it. It is imported here alone, and only when something is trained."""

from typing import Any

from .linear import Floats
from .terms import Truth


def regression(matrix: Any, positive: Truth, strength: float, tolerance: float = 1e-4) -> tuple[Floats, float]:
    """Return the weights of the columns, and the intercept; `strength` is the inverse of the regularization.

    One thread of the linear algebra does it: more of them wait for each other, many times as long on a busy machine, and would add in another order.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        fitted = LogisticRegression(C=strength, solver="liblinear", random_state=0, tol=tolerance).fit(matrix, positive)
    return fitted.coef_[0], float(fitted.intercept_[0])
