"""Whoever starts a run asks for its batches; a schedule or a sensor leaves published models and predictions standing."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.warehouse.connection import Warehouse

from ..conftest import resource_in
from ..shop_lake import day_of, write_counts, write_days
from .runs import EXPECTED, definitions, ledger, told_of

DAILY, MODEL, PREDICTION = str(day_of(1)), "models.mean_model", "predictions.expected_counts"


def last_publication(warehouse: Warehouse, asset: str) -> int:
    """Return the publication of a table's last batch."""
    with warehouse.connect() as con:
        ((number,),) = con.con.execute("select max(publication) from quality.ledger where asset = ?", [asset]).fetchall()
    return int(number)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WarehouseResource, dg.DagsterInstance]]:
    """Two days of all tables, and the instance of Dagster that was told of them. Each test corrects a file, and runs the second day again."""
    resource = resource_in(tmp_path_factory.mktemp("shop"))
    write_days(Path(resource.lake), 2)
    with dg.DagsterInstance.ephemeral() as instance:
        for day in (str(day_of(0)), DAILY):
            assert definitions(resource).resolve_job_def("daily").execute_in_process(instance=instance, partition_key=day).success
        yield resource, instance


@pytest.mark.parametrize(
    ("tags", "stands"),
    [
        ({}, False),
        ({"dagster/backfill": "abc"}, False),
        ({"dagster/schedule_name": "daily"}, True),
        ({"dagster/sensor_name": "catch_up"}, True),
        ({"dagster/from_automation_condition": "true"}, True),
        ({"dagster/schedule_name": "daily", "dagster/parent_run_id": "r", "dagster/retry_number": "1"}, True),
        ({"dagster/schedule_name": "daily", "dagster/parent_run_id": "r"}, False),
    ],
)
def test_a_prediction_stands_unless_somebody_asked_for_another(shop: tuple[WarehouseResource, dg.DagsterInstance], tags: dict[str, str], stands: bool) -> None:
    resource, instance = shop
    pieces = last_publication(resource.warehouse, "marts.kind_counts")
    write_counts(Path(resource.lake), day_of(1), {"anna.csv": [f"1,{pieces},", "3,5,"], "ben.csv": ["2,1,"]})
    result = definitions(resource).resolve_job_def("daily").execute_in_process(instance=instance, partition_key=DAILY, tags=tags)
    assert result.success
    published = {asset: last_publication(resource.warehouse, asset) for asset in ("marts.kind_counts", MODEL, PREDICTION)}
    assert published["marts.kind_counts"] > pieces
    assert (published[PREDICTION] < published["marts.kind_counts"]) == (published[MODEL] < published["marts.kind_counts"]) == stands
    told = [evaluation for evaluation in result.get_asset_check_evaluations() if (evaluation.asset_key, evaluation.check_name) == (EXPECTED, "contract")]
    assert [("standing" in evaluation.metadata, evaluation.passed) for evaluation in told] == [(stands, True)]
    contents = {day: event.tags and event.tags["dagster/data_version"] for day, event in told_of(instance, EXPECTED).items()}
    assert contents == ledger(resource.warehouse, PREDICTION), "Dagster tells what the ledger does"
