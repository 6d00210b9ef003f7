"""The latest batch expects something."""

import dagster as dg

from batch_assets.engine.published import published
from batch_assets.orchestration.resource import WarehouseResource

from ..predictions.expected_counts import expected_counts


@dg.asset_check(asset=["predictions", "expected_counts"], description="Some pieces are expected.")
def something_is_expected(warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """Count what is expected."""
    with warehouse.warehouse.connect() as con:
        count = int(published(con, expected_counts, "expected_counts").count().execute())
    return dg.AssetCheckResult(passed=count > 0, metadata={"rows": count})
