"""Fixtures shared by all tests: an empty warehouse with its folders. `shop_lake.py` writes lakes."""

import shutil
from pathlib import Path

import pytest

from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.warehouse.connection import Warehouse

DUCKDB_FILE, DELTA_TABLES = "warehouse.duckdb", "warehouse"
"""The name of a warehouse says what kind of store it is."""


def warehouse_in(folder: Path, lock_timeout: float = 5, name: str = DUCKDB_FILE) -> Warehouse:
    """Return a warehouse whose store and folders lie in `folder`."""
    return Warehouse(
        database=str(folder / name),
        lake=str(folder / "lake"),
        published=str(folder / "published"),
        models=str(folder / "models"),
        lock_timeout=lock_timeout,
    )


def resource_in(folder: Path, lock_timeout: float = 5, name: str = DUCKDB_FILE) -> WarehouseResource:
    """Return the same warehouse as Dagster has it."""
    there = warehouse_in(folder, lock_timeout, name)
    return WarehouseResource(database=there.database, lake=there.lake, published=there.published, models=there.models, lock_timeout=lock_timeout)


def copied(template: Warehouse, folder: Path, name: str | None = None) -> Warehouse:
    """Return a copy of a warehouse, its lake and its folders: to copy them takes a hundredth of the time that it takes to publish them."""
    database = Path(template.database)
    shutil.copytree(database.parent, folder, dirs_exist_ok=True)
    return warehouse_in(folder, name=name or database.name)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse that does not exist yet."""
    return warehouse_in(tmp_path)


@pytest.fixture
def resource(tmp_path: Path) -> WarehouseResource:
    """The warehouse of the fixture `warehouse`, as Dagster has it."""
    return resource_in(tmp_path)


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what only other packages can mend: what they call of each other is deprecated, or Dagster calls it beta."""
    config.addinivalue_line("filterwarnings", "ignore::dagster.BetaWarning")
    config.addinivalue_line("filterwarnings", "ignore::dagster.PreviewWarning")
    config.addinivalue_line("filterwarnings", r"ignore:Property `OpDefinition.version` is deprecated:DeprecationWarning")
    config.addinivalue_line("filterwarnings", r"ignore:datetime\.datetime\.utcfromtimestamp\(\) is deprecated:DeprecationWarning")
    config.addinivalue_line("filterwarnings", r"ignore:fetch_arrow_table\(\) is deprecated:DeprecationWarning")
