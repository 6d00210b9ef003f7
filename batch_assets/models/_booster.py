"""A trained LightGBM model that predicts, through LightGBM's own C interface.

The Python package does the same, but importing it with what it needs, SciPy above all, takes longer than a day's scoring. Training imports it.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_KINDS = {np.dtype(np.float32): 0, np.dtype(np.float64): 1}
_ROW_BY_ROW, _PLAIN, _FIRST, _ALL_TREES = 1, 0, 0, -1
_PARAMETERS = b"num_threads=1 verbosity=-1"


class Booster:
    """A model. Thread-safe."""

    def __init__(self, model: str) -> None:
        """Read a model from the text that LightGBM writes.

        Raises:
            ValueError: LightGBM cannot read it.
        """
        self._handle = ctypes.c_void_p()
        _call("LGBM_BoosterLoadModelFromString", model.encode(), ctypes.byref(ctypes.c_int()), ctypes.byref(self._handle))

    def predict(self, table: NDArray[Any]) -> Numbers:
        """Return the prediction for each row of a table, whose columns are those that the model was trained on.

        Raises:
            ValueError: they are more or fewer.
        """
        rows, made = np.ascontiguousarray(table, table.dtype if table.dtype in _KINDS else np.float64), np.empty(len(table))
        if len(rows):
            shape = ctypes.c_int32(rows.shape[0]), ctypes.c_int32(rows.shape[1])
            how = (_KINDS[rows.dtype], *shape, _ROW_BY_ROW, _PLAIN, _FIRST, _ALL_TREES, _PARAMETERS, ctypes.byref(ctypes.c_int64()))
            _call("LGBM_BoosterPredictForMat", self._handle, rows.ctypes.data_as(ctypes.c_void_p), *how, made.ctypes.data_as(ctypes.c_void_p))
        return made

    def __del__(self) -> None:
        """Free the model's memory."""
        if self._handle:
            _library().LGBM_BoosterFree(self._handle)


@cache
def _library() -> ctypes.CDLL:
    """Return the library in the folder of the package."""
    spec = find_spec("lightgbm")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    (path,) = (path for folder in folders for path in folder.glob("lib/lib_lightgbm.*"))
    library = ctypes.CDLL(str(path))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _call(function: str, *arguments: object) -> None:
    if getattr(_library(), function)(*arguments):
        raise ValueError(f"LightGBM: {_library().LGBM_GetLastError().decode()}")
