"""Both stores: what holds for a warehouse holds for a DuckDB file and for Delta tables, so its tests have it once as each.

A test of what only one of them does says so: `A_FILE`.
"""

from pathlib import Path

import pytest

from batch_assets.warehouse.connection import Warehouse

from ..conftest import warehouse_in
from .things import STORES


@pytest.fixture(params=STORES)
def warehouse(tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    """A warehouse that does not exist yet."""
    return warehouse_in(tmp_path, name=request.param)
