"""The job `snapshot` makes the file for those who analyse, and its sensor asks for that after the daily chain."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from batch_assets.automation.daily import daily_job
from batch_assets.automation.snapshot import snapshot
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.table.graph import Graph
from batch_assets.warehouse.publication import publish

from ..orchestration.runs import definitions, failure
from ..shop import PACKAGE
from ..shop_lake import day_of, write_day


def run(resource: WarehouseResource) -> dg.ExecuteInProcessResult:
    """Run the job."""
    return definitions(resource).resolve_job_def("snapshot").execute_in_process(raise_on_error=False)


def test_it_copies_what_is_published_and_says_how_much(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.automation.snapshot.configured_graph", lambda: Graph(PACKAGE))
    write_day(Path(resource.lake), day_of(0))
    publish(Graph(PACKAGE).table("shelf_counts"), resource.warehouse, [day_of(0)], "run")
    made = run(resource)
    assert made.success
    (output,) = (event.step_output_data for event in made.all_events if event.event_type is dg.DagsterEventType.STEP_OUTPUT)
    path = Path(resource.published) / "warehouse.duckdb"
    assert {name: value.value for name, value in output.metadata.items()} == {"path": str(path), "tables": 1, "bytes": path.stat().st_size}
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("select sum(pieces) from marts.shelf_counts").fetchall() == [(30,)]


def test_it_says_who_holds_the_warehouse(resource: WarehouseResource) -> None:
    Path(resource.database).write_text("no warehouse")
    result = run(resource)
    assert not result.success
    assert "not a warehouse that DuckDB" in failure(result)


def test_a_run_of_the_daily_chain_that_succeeded_asks_for_one(resource: WarehouseResource) -> None:
    @dg.op
    def nothing() -> None:
        pass

    @dg.job(name=daily_job.name)
    def daily() -> None:
        nothing()

    with dg.DagsterInstance.ephemeral() as instance:
        done = daily.execute_in_process(instance=instance)
        (event,) = (event for event in done.all_events if event.event_type is dg.DagsterEventType.RUN_SUCCESS)
        context = dg.build_run_status_sensor_context("snapshot", event, instance, done.dagster_run)
        asked = snapshot(context)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == done.run_id
    assert snapshot.default_status is dg.DefaultSensorStatus.STOPPED
