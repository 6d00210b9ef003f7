"""Trees that are scored faster, if the extra `fast` is installed: by pylignum, which walks them for many rows at once.

Belongs here: the library. Does not belong here: whether what it says is believed, which LightGBM says (`_booster.py`).
"""

from collections.abc import Callable
from functools import partial
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray


def fast_trees(model: str) -> Callable[[NDArray[Any]], NDArray[np.float64]] | None:
    """Return what predicts each row of a table by a model, given as the text that LightGBM writes; None if the extra is not installed. Thread-safe."""
    try:
        import lignum
    except ImportError:
        return None
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(model)
        file.flush()
        trees = lignum.load(file.name, format="lightgbm")
    return partial(trees.predict, n_jobs=1)
