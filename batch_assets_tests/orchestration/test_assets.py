"""The assets in Dagster: what a run leaves in its event log, what a failure says, what is stale, and the graph itself."""

import dataclasses
import datetime as dt
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from batch_assets.definitions import build_defs
from batch_assets.table.layers import find_table
from batch_assets.table.table import Published, Table
from batch_assets.warehouse.connection import Warehouse

from ..lake_writer import day_of, till_line, write_day, write_till

SALES, PRODUCTS = dg.AssetKey(["marts", "sales_lines"]), dg.AssetKey(["marts", "products"])
GRAPH = Path(__file__).parents[1] / "graph.json"


def run(instance: dg.DagsterInstance, warehouse: Warehouse, assets: list[dg.AssetKey], first: int, last: int) -> dg.ExecuteInProcessResult:
    """Materialize a range of days."""
    return (
        build_defs(warehouse=warehouse)
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            asset_selection=assets,
            raise_on_error=False,
            tags={"dagster/asset_partition_range_start": str(day_of(first)), "dagster/asset_partition_range_end": str(day_of(last))},
        )
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    """Return the message of a failed run's only failed step."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data.user_failure_data
    assert data
    return str(data.description)


def test_a_range_leaves_an_event_a_check_and_a_data_version_for_each_batch(warehouse: Warehouse) -> None:
    for n in range(2):
        write_day(Path(warehouse.lake), day_of(n), lines=[till_line(day_of(n)), till_line(day_of(n))])
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES, PRODUCTS], 0, 1)
        assert result.success
        events = instance.fetch_materializations(SALES, limit=10).records
        batches = {event.partition_key: event.asset_materialization for event in events}
        checks = [evaluation for evaluation in result.get_asset_check_evaluations() if evaluation.asset_key == SALES]
    assert set(batches) == {"2017-01-01", "2017-01-02"}
    with warehouse.connect() as con:
        ledger = dict(con.con.execute("select batch_date::varchar, content from quality.batches where asset = 'marts.sales_lines'").fetchall())
    for day, batch in batches.items():
        assert batch
        assert batch.tags
        assert (batch.metadata["dagster/row_count"].value, batch.metadata["quarantined"].value, batch.metadata["amount_cents"].value) == (1, 1, 100.0)
        assert batch.tags["dagster/data_version"] == ledger[str(day)] == batch.metadata["content"].value
    ((passed, told),) = [(check.passed, {name: value.value for name, value in check.metadata.items()}) for check in checks]
    assert (passed, told) == (True, {"batches": "2017-01-01..2017-01-02", "rows": 2, "quarantined": 2})


def test_a_raw_file_is_observed_when_it_is_read_and_again_only_if_it_changed(warehouse: Warehouse) -> None:
    path = write_till(Path(warehouse.lake), day_of(0), [till_line(day_of(0))])
    key = dg.AssetKey(["lake", "pos_log"])
    with dg.instance_for_test() as instance:
        for _ in range(2):
            run(instance, warehouse, [SALES], 0, 0)
        (seen,) = instance.fetch_observations(key, limit=10).records
        observe = build_defs(warehouse=warehouse).resolve_job_def("observe_lake")
        assert observe.execute_in_process(instance=instance).success
        assert len(instance.fetch_observations(key, limit=10).records) == 1
        write_till(Path(warehouse.lake), day_of(0), [till_line(day_of(0), quantity="2")])
        assert observe.execute_in_process(instance=instance).success
        assert len(instance.fetch_observations(key, limit=10).records) == 2
    assert seen.asset_observation
    assert seen.asset_observation.metadata["dagster/row_count"].value == 1
    assert seen.asset_observation.metadata["bytes"].value == path.stat().st_size


def test_a_changed_file_makes_its_own_batch_stale_and_no_other(warehouse: Warehouse) -> None:
    for n in range(2):
        write_day(Path(warehouse.lake), day_of(n))
    defs = build_defs(warehouse=warehouse)
    with dg.instance_for_test() as instance:
        run(instance, warehouse, [SALES], 0, 1)
        write_till(Path(warehouse.lake), day_of(1), [till_line(day_of(1), quantity="2")])
        defs.resolve_job_def("observe_lake").execute_in_process(instance=instance)
        resolver = CachingStaleStatusResolver(instance, defs.resolve_asset_graph(), loading_context=LoadingContextForTest(instance))
        assert [resolver.get_status(SALES, str(day_of(n))).value for n in range(2)] == ["FRESH", "STALE"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (None, r"marts\.sales_lines: lake\.pos_log: there is no file for 2017-01-02; expected .*2017-01-02\.csv\.gz\. Materialize the day when"),
        ([], r"2017-01-02\.csv\.gz: the file has no rows\. Ask for it again"),
        (["x"] * 3, r"batch 2017-01-02: none of the 3 rows was accepted: 1 fields .* \(3 rows, the first is sales/pos/2017-01-02\.csv\.gz, line 2\)\. Is it"),
        ("cut", r"2017-01-02\.csv\.gz: cut off or damaged .*Nothing of it was taken; ask for the file again"),
        ("header", r"2017-01-02\.csv\.gz: line 1: the header changed: missing quantity; unexpected qty\. Ask for the file again, or describe"),
    ],
)
def test_bad_input_gives_one_clear_error_and_keeps_what_was_there(warehouse: Warehouse, lines: list[str] | str | None, told: str) -> None:
    root = Path(warehouse.lake)
    write_day(root, day_of(0))
    with dg.instance_for_test() as instance:
        assert run(instance, warehouse, [SALES], 0, 0).success
        if isinstance(lines, list):
            write_till(root, day_of(1), lines)
        elif lines is not None:
            from ..lake_writer import TILL_HEADER

            path = write_till(root, day_of(1), [till_line(day_of(1))], header=TILL_HEADER.replace("quantity", "qty" if lines == "header" else "quantity"))
            path.write_bytes(path.read_bytes() if lines == "header" else path.read_bytes()[:60])
        result = run(instance, warehouse, [SALES], 0, 1)
        assert not result.success
        with pytest.raises(AssertionError, match=told):
            raise AssertionError(failure(result))
    with warehouse.connect() as con:
        assert con.con.execute("select batch_date, rows_kept from quality.ledger").fetchall() == [(dt.date(2017, 1, 1), 1)]


def test_a_batch_without_its_look_back_names_what_is_missing(warehouse: Warehouse) -> None:
    write_day(Path(warehouse.lake), day_of(0))
    write_day(Path(warehouse.lake), day_of(2))
    with dg.instance_for_test() as instance:
        run(instance, warehouse, [PRODUCTS, SALES], 0, 0)
        run(instance, warehouse, [SALES], 2, 2)
        result = run(instance, warehouse, [dg.AssetKey(["marts", "category_day_sales"])], 2, 2)
        checks = result.get_asset_check_evaluations()
    assert "marts.category_day_sales: batch 2017-01-03 reads marts.products of 2017-01-01..2017-01-03, and 2017-01-02..2017-01-03 are not published" in failure(
        result
    )
    assert [(check.passed, check.metadata["batches"].value) for check in checks] == [(False, "2017-01-03")]


def test_a_batch_whose_rows_were_deleted_by_hand_is_missing(warehouse: Warehouse) -> None:
    write_day(Path(warehouse.lake), day_of(0))
    with dg.instance_for_test() as instance:
        assert run(instance, warehouse, [PRODUCTS, SALES], 0, 0).success
        with warehouse.connect() as con:
            con.con.execute("drop table marts.sales_lines")
        result = run(instance, warehouse, [dg.AssetKey(["marts", "category_day_sales"])], 0, 0)
    assert "batch 2017-01-01 reads marts.sales_lines of 2017-01-01, and 2017-01-01 is not published" in failure(result)


def test_a_source_that_may_have_nothing_to_say_may_have_nothing_good_to_say(warehouse: Warehouse) -> None:
    write_day(Path(warehouse.lake), day_of(0))
    write_day(Path(warehouse.lake), day_of(1), products=["{broken"])
    with dg.instance_for_test() as instance:
        assert run(instance, warehouse, [PRODUCTS], 0, 1).success
    with warehouse.connect() as con:
        assert con.con.execute("select rows_kept, rows_rejected from quality.batches order by batch_date").fetchall() == [(1, 0), (0, 1)]
        ((file, line, raw),) = con.con.execute("select source_file, source_line, raw from quality.quarantine").fetchall()
    assert (file, line, raw) == ("catalogue/2017-01-02.jsonl", 1, "{broken")


def failing(error: Exception, times: int) -> Callable[..., Published]:
    """Return a publication that fails so many times before it does what it should."""
    really, left = Table.publish, iter([error] * times)

    def publish(table: Table, warehouse: Warehouse, days: Sequence[dt.date], run_id: str) -> Published:
        for failure in left:
            raise failure
        return really(table, warehouse, days, run_id)

    return publish


@pytest.mark.parametrize(("error", "times"), [(OSError("stale file handle"), 2), (duckdb.IOException("could not read"), 1)])
def test_a_fault_that_passes_is_tried_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    monkeypatch.setattr("batch_assets.orchestration.assets._SECONDS_TO_RETRY", 0)
    monkeypatch.setattr(Table, "publish", failing(error, times))
    write_day(Path(warehouse.lake), day_of(0))
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES], 0, 0)
        assert result.success
        assert [event.event_type_value for event in result.all_events].count("STEP_UP_FOR_RETRY") == times


def test_a_fault_that_stays_is_told_at_once(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "publish", failing(PermissionError(13, "Permission denied", "lake/sales"), 1))
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES], 0, 0)
    assert "Permission denied: 'lake/sales'. Nothing was published" in failure(result)


def test_a_fault_that_does_not_pass_is_told_after_the_last_attempt(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.orchestration.assets._SECONDS_TO_RETRY", 0)
    monkeypatch.setattr(Table, "publish", failing(OSError("No space left on device"), 3))
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES], 0, 0)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    told = event.step_failure_data.error_display_string
    assert "marts.sales_lines, 2017-01-01: No space left on device. Nothing was published; the batches before it are still there." in told


@pytest.mark.parametrize("error", [duckdb.InterruptException("Query interrupted"), KeyboardInterrupt(), dg.DagsterExecutionInterruptedError()])
def test_what_a_person_has_ended_is_not_tried_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(Table, "publish", failing(error, 1))
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES], 0, 0)
    assert not result.success
    assert "STEP_UP_FOR_RETRY" not in [event.event_type_value for event in result.all_events]


def test_a_range_that_ends_before_it_begins_is_refused(warehouse: Warehouse) -> None:
    with dg.instance_for_test() as instance:
        result = run(instance, warehouse, [SALES], 1, 0)
    assert failure(result) == "marts.sales_lines: no day was asked for; is the first day of the range after its last?"


def test_a_chart_that_cannot_be_made_does_not_unpublish_its_batch(warehouse: Warehouse) -> None:
    def broken_chart(day: dt.date) -> str:
        raise ZeroDivisionError("nothing sold")

    write_day(Path(warehouse.lake), day_of(0))
    table = dataclasses.replace(find_table("sales_lines"), show=broken_chart)
    published = table.publish(warehouse, [day_of(0)], "run")
    assert published.shown[day_of(0)]["broken_chart"] == "The chart could not be made: nothing sold"


def test_a_day_outside_the_calendar_is_refused(warehouse: Warehouse) -> None:
    job = build_defs(warehouse=warehouse).resolve_job_def("daily")
    with dg.instance_for_test() as instance, pytest.raises(dg.DagsterUnknownPartitionError, match="2031-01-01"):
        job.execute_in_process(instance=instance, partition_key="2031-01-01")


def graph() -> dict[str, object]:
    """Return what the asset graph is: each asset's group, upstreams, checks, kinds and owners."""
    found = build_defs().resolve_asset_graph()
    return {
        node.key.to_user_string(): {
            "group": node.group_name,
            "reads": sorted(key.to_user_string() for key in node.parent_keys),
            "checks": sorted(key.name for key in node.check_keys),
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "described": bool(node.description),
        }
        for node in sorted(found.asset_nodes, key=lambda node: node.key)
    }


def test_the_graph_is_as_it_was_meant_to_be() -> None:
    """Renew the snapshot with RENEW_GRAPH=1 when a change of the graph was meant."""
    found = json.dumps(graph(), indent=1) + "\n"
    if os.environ.get("RENEW_GRAPH"):
        GRAPH.write_text(found)
    assert found == GRAPH.read_text(), "the asset graph changed; if it was meant to, run RENEW_GRAPH=1 pytest batch_assets_tests/orchestration/test_assets.py"
