"""The demo's raw lake: a stand-in for the systems of a retailer's departments.

Belongs here: everything that knows where the demo's data come from, and how they are made untidy on purpose.
Does not belong here: reading the lake. The pipeline knows the files only by their format (`data/README.md`).
"""

from .builder import build
from .damage import redeliver

__all__ = ["build", "redeliver"]
