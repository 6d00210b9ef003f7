"""The warehouse as a Dagster resource: a `DuckDBResource` configured with its file and folders."""

import dagster as dg
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from ..settings import settings
from ..warehouse.connection import Warehouse


class WarehouseResource(DuckDBResource):
    """The warehouse of a run. The first table opens the file, which stays open until the run ends."""

    database: str = Field(default_factory=lambda: str(settings.warehouse), description="path of the DuckDB file")
    lake: str = Field(default_factory=lambda: str(settings.lake), description="folder of the raw daily files")
    published: str = Field(default_factory=lambda: str(settings.published), description="folder of the published Parquet files")
    models: str = Field(default_factory=lambda: str(settings.models), description="folder of the trained models")
    lock_timeout: float = Field(default_factory=lambda: settings.lock_timeout, description="seconds to wait for another process")

    _warehouse: Warehouse | None = PrivateAttr(default=None)
    _is_used: bool = PrivateAttr(default=False)

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse; its messages go to Dagster's log."""
        if self._warehouse is None:
            self._warehouse = Warehouse(self.database, self.lake, self.published, self.models, self.lock_timeout, dg.get_dagster_logger().info)
        return self._warehouse

    def is_first_use(self) -> bool:
        """Return whether the run asks this for the first time."""
        first, self._is_used = not self._is_used, True
        return first

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Start a run: keep the file open."""
        self.warehouse.keep_open()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """End a run: close the file, so that other processes can open it."""
        self.warehouse.close()
