"""The job `erase` does what the command does, with Dagster's own runs, of which nothing names the customer; a failure has its reason."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from batch_assets.orchestration.definitions import build_defs
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.table.graph import configured_graph
from batch_assets.warehouse.publication import publish

from ..lake.canary import CANARY, CONTACT, DAYS, NEIGHBOURS, write_lake
from ..orchestration.runs import failure


@pytest.fixture
def known(resource: WarehouseResource) -> WarehouseResource:
    """A warehouse that knows the canary."""
    write_lake(Path(resource.lake))
    resource.warehouse.keep_open()
    for table in configured_graph().with_upstreams(["customer_members"]):
        publish(table, resource.warehouse, DAYS, "run")
    resource.warehouse.close()
    return resource


def run(resource: WarehouseResource, instance: dg.DagsterInstance, **config: object) -> dg.ExecuteInProcessResult:
    """Run the job."""
    job = build_defs(warehouse=resource).resolve_job_def("erase")
    return job.execute_in_process({"ops": {"erase_customer": {"config": config}}}, instance=instance, raise_on_error=False)


def test_it_tells_and_then_erases_and_dagster_never_knew_a_name(known: WarehouseResource, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (home := tmp_path / "dagster").mkdir()
    instance = dg.DagsterInstance.local_temp(str(home))
    assert run(known, instance, customer=f"marketing:{CONTACT}").success
    with known.warehouse.read_only() as con:
        assert con.con.execute("select count(*) from marts.contacts where name ilike 'zerlina%'").fetchall() == [(2,)]
    assert run(known, instance, customer=f"marketing:{CONTACT}", is_executed=True, by="A. Clerk").success
    assert len(list(Path(known.lake).glob("erasures/*/certificate.json"))) == 1
    with known.warehouse.read_only() as con:
        contacts = con.con.execute("select distinct contact_id from marts.contacts").fetchall()
        assert contacts == [(NEIGHBOURS,)]
        run_ids = con.con.execute("select distinct run_id from quality.ledger where run_id <> 'run'").fetchall()
    assert {run.run_id for run in instance.get_runs()} >= {run_id for (run_id,) in run_ids} != set()
    assert run(known, instance).success
    told = capfd.readouterr()
    assert "no erasure is unfinished" in told.out + told.err
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if CANARY in path.read_bytes().decode("latin-1").lower()] == []
    assert CANARY not in (told.out + told.err).lower()


def test_it_fails_with_the_reason(known: WarehouseResource) -> None:
    shutil.rmtree(Path(known.lake) / "logistics")
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(known, instance, customer=f"marketing:{CONTACT}", is_executed=True)
    assert not result.success
    assert "is gone, and has lines about this customer, who cannot be erased without it. Bring it back" in failure(result)
