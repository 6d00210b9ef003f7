"""The way into the warehouse from Dagster: a `DuckDBResource` that names its file and its folders, and hands the warehouse out."""

import dagster as dg
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from ..settings import settings
from ..warehouse.connection import Warehouse


class WarehouseResource(DuckDBResource):
    """The warehouse of a run: its first table opens the file, which stays open until the run's end."""

    database: str = Field(default_factory=lambda: str(settings.warehouse), description="path of the DuckDB file")
    lake: str = Field(default_factory=lambda: str(settings.lake), description="folder of the raw daily files")
    published: str = Field(default_factory=lambda: str(settings.published), description="folder of the published Parquet files")
    models: str = Field(default_factory=lambda: str(settings.models), description="folder of the trained models")
    lock_timeout: float = Field(default_factory=lambda: settings.lock_timeout, description="seconds to wait for another process")

    _warehouse: Warehouse | None = PrivateAttr(default=None)

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse; what it tells goes to Dagster's log."""
        if self._warehouse is None:
            self._warehouse = Warehouse(self.database, self.lake, self.published, self.models, self.lock_timeout, dg.get_dagster_logger().info)
        return self._warehouse

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Begin a run."""
        self.warehouse.keep_open()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """End a run: other processes may have the file."""
        self.warehouse.close()
