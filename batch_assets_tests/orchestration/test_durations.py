"""What runs take besides publishing is known from Dagster's last runs, and is part of a plan's sums."""

from pathlib import Path

import dagster as dg
import pytest

from batch_assets.orchestration.durations import durations
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.table.graph import Graph
from batch_assets.warehouse.pace import Pace, besides
from batch_assets.warehouse.plan_lines import told
from batch_assets.warehouse.planned import planned

from ..shop import PACKAGE
from ..shop_lake import day_of, write_days, write_shelves
from .runs import COUNTS, KINDS, run


def known(resource: WarehouseResource, instance: dg.DagsterInstance) -> Pace | None:
    """Return what is known of the runs."""
    with resource.warehouse.connect() as con:
        return besides(con, durations(instance))


def test_a_run_takes_what_its_publications_do_not(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 4)
    with dg.instance_for_test() as instance:
        assert known(resource, instance) is None
        took = 0.0
        for key, last in ((COUNTS, 3), (KINDS, 3)):
            assert run(instance, resource, [key], 0, last).success
        for record in instance.get_run_records():
            assert record.start_time
            assert record.end_time
            took += record.end_time - record.start_time
        with resource.warehouse.connect() as con:
            ((published,),) = con.con.execute("select sum(seconds) from quality.ledger").fetchall()
        found = known(resource, instance)
        assert found
        assert found.publication == 0
        assert found.batch == pytest.approx((took - published) / 8)
        with resource.warehouse.connect() as con:
            con.con.execute("update quality.ledger set seconds = null")
        assert known(resource, instance) is None


def test_a_plans_sums_have_it(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 3)
    with dg.instance_for_test() as instance:
        assert run(instance, resource, [KINDS], 0, 2).success
    write_shelves(Path(resource.lake), day_of(1), [(1, "coffee")])
    with resource.warehouse.connect() as con:
        plan = planned(con, [Graph(PACKAGE).table("shelf_kinds")], None, Path(resource.lake))
    assert list(told(plan, Pace(60.0, 5.0)))[-1] == "to make: 1 batch; about 65 s with Dagster's own time"
    assert list(told(plan))[-1] == "to make: 1 batch; under 1 s besides Dagster's own time"
