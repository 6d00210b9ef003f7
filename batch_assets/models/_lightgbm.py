"""LightGBM, without scikit-learn: nothing here uses what LightGBM offers to users of scikit-learn, and importing that takes longer than scoring a day."""

import sys
from threading import Lock
from typing import Any

_NOT_WANTED = "sklearn"
_ALONE = Lock()


def lightgbm() -> Any:
    """Import LightGBM. To it, scikit-learn looks as if it were not installed, unless that or LightGBM has been imported before."""
    with _ALONE:
        hidden = not {_NOT_WANTED, "lightgbm"} & set(sys.modules)
        if hidden:
            sys.modules[_NOT_WANTED] = None  # type: ignore[assignment]  # Python's own way to say that a module cannot be imported
        try:
            import lightgbm
        finally:
            if hidden:
                del sys.modules[_NOT_WANTED]
        return lightgbm
