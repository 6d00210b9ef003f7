"""A trained LightGBM model that predicts, through LightGBM's own C interface, or faster by the extra `fast`, with LightGBM as the referee.

The Python package does the same, but importing it with what it needs, SciPy above all, takes longer than a day's scoring. Training imports it.
"""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._fast import fast_trees

Numbers = NDArray[np.float64]

_KINDS = {np.dtype(np.float32): 0, np.dtype(np.float64): 1}
_ROW_BY_ROW, _PLAIN, _FIRST, _ALL_TREES = 1, 0, 0, -1
_PARAMETERS = b"num_threads=1 verbosity=-1"

CHECKED = 64
"""Of what the extra predicts, LightGBM predicts every so many rows too."""


class Booster:
    """A model. Thread-safe."""

    def __init__(self, model: str) -> None:
        """Read a model from the text that LightGBM writes.

        Raises:
            ValueError: LightGBM cannot read it.
        """
        self._handle = ctypes.c_void_p()
        _call("LGBM_BoosterLoadModelFromString", model.encode(), ctypes.byref(ctypes.c_int()), ctypes.byref(self._handle))
        self._fast = fast_trees(model)

    def predict(self, table: NDArray[Any]) -> Numbers:
        """Return the prediction for each row of a table, whose columns are those that the model was trained on.

        Raises:
            ValueError: they are more or fewer, or the extra `fast` predicts anything else than LightGBM.
        """
        rows = np.ascontiguousarray(table, table.dtype if table.dtype in _KINDS else np.float64)
        if self._fast is None or not len(rows):
            return self._predicted(rows)
        expected, made = self._predicted(np.ascontiguousarray(rows[::CHECKED])), self._fast(rows)
        if not np.array_equal(made[::CHECKED], expected, equal_nan=True):
            raise ValueError("pylignum predicts otherwise than LightGBM, so its predictions are not used. Remove it: pip uninstall pylignum")
        return made

    def _predicted(self, rows: NDArray[Any]) -> Numbers:
        """Return what LightGBM predicts."""
        made = np.empty(len(rows))
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
