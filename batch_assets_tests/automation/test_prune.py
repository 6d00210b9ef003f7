"""The job `prune` removes what the command would, and fails with its reason where that is not known."""

from pathlib import Path

import dagster as dg
import pytest

from batch_assets.automation.prune import prune
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.settings import settings
from batch_assets.table.graph import Graph
from batch_assets.warehouse.publication import publish

from ..orchestration.runs import definitions, failure
from ..shop import PACKAGE
from ..shop_lake import day_of, write_days


def run(resource: WarehouseResource) -> dg.ExecuteInProcessResult:
    """Run the job."""
    return definitions(resource).resolve_job_def("prune").execute_in_process(raise_on_error=False)


def test_it_removes_what_is_older_than_the_setting(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    write_days(Path(resource.lake), 2)
    for _ in range(2):
        publish(Graph(PACKAGE).table("shelf_counts"), resource.warehouse, [day_of(0), day_of(1)], "run")
    assert run(resource).success
    assert "nothing can go" in capfd.readouterr().err
    monkeypatch.setattr(settings, "keep_days", 0)
    assert run(resource).success
    assert "ledger, entries removed, with their receipts: 2" in capfd.readouterr().err
    with resource.warehouse.connect() as con:
        assert con.con.execute("select distinct publication from quality.ledger").fetchall() == [(2,)]
    assert prune.cron_schedule == "0 5 * * 0"


def test_it_fails_where_there_is_no_warehouse(resource: WarehouseResource) -> None:
    result = run(resource)
    assert not result.success
    assert failure(result).startswith(f"{resource.database}: there is no warehouse here")
    assert not Path(resource.database).exists()
