"""The assets in Dagster: what a run leaves in its event log, what a failure says, and what is stale."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.loader import LoadingContextForTest

from batch_assets.engine.reading import Reading, files_of, measure
from batch_assets.errors import StorageError
from batch_assets.ingest.lakefile import LakeFile
from batch_assets.orchestration.definitions import build_defs
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.settings import settings
from batch_assets.table.graph import Graph
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.plan import stale_days

from ..shop import PACKAGE
from ..shop.lake.counts import counts
from ..shop_lake import HEADER, day_of, write_counts, write_day, write_days, write_shelves
from .runs import BY_KIND, COUNTS, EXPECTED, KINDS, definitions, failing, failure, ledger, run, told_of

EVERY_TABLE = [dg.AssetKey(key) for key in (
    ["marts", "shelf_counts"], ["marts", "shelf_kinds"], ["marts", "kind_counts"], ["features", "next_days"], ["features", "recent_counts"],
    ["models", "mean_model"], ["predictions", "expected_counts"],
)]  # fmt: skip


def test_a_range_leaves_an_event_a_check_and_a_data_version_for_each_batch(resource: WarehouseResource) -> None:
    for n in range(2):
        write_day(Path(resource.lake), day_of(n), ["1,10,", "2,20,", "1,30,"])
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS, KINDS], 0, 1)
        assert result.success
        batches = told_of(instance, COUNTS)
        checks = [evaluation for evaluation in result.get_asset_check_evaluations() if evaluation.asset_key == COUNTS]
    assert set(batches) == {"2017-01-01", "2017-01-02"}
    contents = ledger(resource.warehouse, "marts.shelf_counts")
    for day, batch in batches.items():
        assert batch.tags
        assert (batch.metadata["dagster/row_count"].value, batch.metadata["quarantined"].value, batch.metadata["pieces"].value) == (2, 1, 30.0)
        assert batch.tags["dagster/data_version"] == contents[day] == batch.metadata["content"].value
    ((passed, told),) = [(check.passed, {name: value.value for name, value in check.metadata.items()}) for check in checks]
    assert (passed, told) == (True, {"batches": "2017-01-01..2017-01-02", "rows": 4, "quarantined": 2})


def test_a_day_of_several_files_is_observed_when_it_is_read_and_again_only_if_one_of_them_changed(resource: WarehouseResource) -> None:
    root, key = Path(resource.lake), dg.AssetKey(["lake", "counts"])
    write_day(root, day_of(0), ["1,10,", "2,20,", "x,30,"])
    write_shelves(root, day_of(1), [(1, "tea"), (1, "rice")])
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            run(instance, resource, [COUNTS], 0, 0)
        (seen,) = instance.fetch_observations(key, limit=10).records
        assert seen.asset_observation
        size = sum(path.stat().st_size for path in files_of(counts, root, day_of(0)))
        assert (seen.asset_observation.metadata["dagster/row_count"].value, seen.asset_observation.metadata["bytes"].value) == (3, size)
        observe = definitions(resource).resolve_job_def("observe_lake")
        assert observe.execute_in_process(instance=instance).success
        assert len(instance.fetch_observations(key, limit=10).records) == 1
        shelves = {record.partition_key: record.asset_observation for record in instance.fetch_observations(dg.AssetKey(["lake", "shelves"]), limit=10).records}
        assert {day: told.metadata["dagster/row_count"].value for day, told in shelves.items() if told} == {"2017-01-01": 2, "2017-01-02": 2}
        write_counts(root, day_of(0), {"anna.csv": ["1,10,", "x,30,"], "ben.csv": ["2,21,"]})
        assert observe.execute_in_process(instance=instance).success
        assert len(instance.fetch_observations(key, limit=10).records) == 2


def test_the_lake_is_looked_at_without_reading_what_is_known_and_what_is_gone_is_told_once(
    resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, key = Path(resource.lake), dg.AssetKey(["lake", "shelves"])
    monkeypatch.setattr("batch_assets.ingest.known_files._SETTLED_NS", -(10**18))
    write_days(root, 3)
    read: list[dt.date] = []

    def note_and_measure(source: LakeFile, root: Path, day: dt.date) -> Reading:
        read.append(day)
        return measure(source, root, day)

    monkeypatch.setattr("batch_assets.orchestration.sources.measure", note_and_measure)
    observe = definitions(resource).resolve_job_def("observe_lake")
    with dg.DagsterInstance.ephemeral() as instance:
        assert observe.execute_in_process(instance=instance).success
        assert len(read) == 6
        write_shelves(root, day_of(0), [(1, "tea")]).unlink()
        (root / "counts" / f"{day_of(1)}" / "ben.csv").unlink()
        monkeypatch.setattr("batch_assets.ingest.known_files.file_version", None)
        for _ in range(2):
            assert observe.execute_in_process(instance=instance).success
        assert len(read) == 6
        told = sorted(instance.fetch_observations(key, limit=10).records, key=lambda record: record.storage_id)
        assert [record.partition_key for record in told] == [str(day_of(n)) for n in (0, 1, 2, 0)]
        assert told[-1].asset_observation
        assert told[-1].asset_observation.tags["dagster/data_version"] == "gone"


def test_the_observation_warns_of_files_that_are_not_read(resource: WarehouseResource, capfd: pytest.CaptureFixture[str]) -> None:
    write_days(Path(resource.lake), 2)
    for name in (f"{day_of(1)}_v2.parquet", "2017.parquet"):
        (Path(resource.lake) / "shelves" / name).touch()
    with dg.DagsterInstance.ephemeral() as instance:
        assert definitions(resource).resolve_job_def("observe_lake").execute_in_process(instance=instance).success
    warned = "\n".join(line for line in capfd.readouterr().err.splitlines() if " WARNING " in line)
    assert "lake.shelves: not read, since no day has a file of this name: shelves/2017-01-02_v2.parquet, shelves/2017.parquet." in warned
    assert "2017-01-02.parquet: 2017-01-02_v2.parquet lies beside it" in warned


def test_a_changed_file_makes_its_own_batch_stale_and_no_other(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 2)
    defs = definitions(resource)
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, resource, [COUNTS], 0, 1)
        write_day(Path(resource.lake), day_of(1))
        defs.resolve_job_def("observe_lake").execute_in_process(instance=instance)
        resolver = CachingStaleStatusResolver(instance, defs.resolve_asset_graph(), loading_context=LoadingContextForTest(instance))
        assert [resolver.get_status(COUNTS, str(day_of(n))).value for n in range(2)] == ["FRESH", "STALE"]


def test_nothing_is_stale_after_a_run_of_every_table(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 3)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, EVERY_TABLE, 0, 2).success
        resolver = CachingStaleStatusResolver(instance, definitions(resource).resolve_asset_graph(), loading_context=LoadingContextForTest(instance))
        assert {(key.path[-1], n): resolver.get_status(key, str(day_of(n))).value for key in EVERY_TABLE for n in range(3)} == {
            (key.path[-1], n): "FRESH" for key in EVERY_TABLE for n in range(3)
        }
        assert {tuple(told_of(instance, key)) for key in EVERY_TABLE} == {tuple(str(day_of(n)) for n in range(3))}


@pytest.mark.filterwarnings(r"ignore:Function `AssetSelection.sources` is deprecated:DeprecationWarning")
def test_a_backfill_of_two_days_asks_for_two_days_of_each_table() -> None:
    asked = [str(day_of(n)) for n in (3, 4)]
    graph = build_defs(PACKAGE).resolve_asset_graph()
    with dg.DagsterInstance.ephemeral() as instance:
        data = AssetBackfillData.from_asset_partitions(graph, asked, EVERY_TABLE, instance, dt.datetime(2018, 1, 1, tzinfo=dt.UTC).timestamp(), False)
    assert {(batch.asset_key, batch.partition_key) for batch in data.target_subset.iterate_asset_partitions()} == {
        (key, day) for key in EVERY_TABLE for day in asked
    }


def test_a_table_that_looks_back_says_what_stale_does_not_see(resource: WarehouseResource) -> None:
    graph = build_defs(PACKAGE).resolve_asset_graph()
    told = {key.path[-1] for key in EVERY_TABLE if "up-to-date" in str(graph.get(key).metadata.get("stale"))}
    assert told == {table.name for table in Graph(PACKAGE).tables() if table.lookback}
    write_days(Path(resource.lake), 2)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [COUNTS, KINDS, BY_KIND], 0, 1).success
        write_shelves(Path(resource.lake), day_of(0), [(1, "salt")])
        assert run(instance, resource, [KINDS], 0, 0).success
        resolver = CachingStaleStatusResolver(instance, graph, loading_context=LoadingContextForTest(instance))
        assert [resolver.get_status(BY_KIND, str(day_of(n))).value for n in range(2)] == ["STALE", "FRESH"]
        with resource.warehouse.connect() as con:
            assert stale_days(con, Graph(PACKAGE).table("kind_counts"), [day_of(0), day_of(1)], Path(resource.lake)) == ([day_of(0), day_of(1)], [])


def no_files(root: Path) -> None:
    """Write nothing."""


def not_closed(root: Path) -> None:
    write_counts(root, day_of(1), {"anna.csv": ["1,1,"]}, closed=False)


def one_lost(root: Path) -> None:
    (write_counts(root, day_of(1), {"anna.csv": ["1,1,"], "ben.csv": ["2,2,"]}) / "ben.csv").unlink()


def no_rows(root: Path) -> None:
    write_counts(root, day_of(1), {"anna.csv": [], "ben.csv": []})


def nothing_good(root: Path) -> None:
    write_counts(root, day_of(1), {"anna.csv": ["x"] * 3, "ben.csv": []})


def other_header(root: Path) -> None:
    write_counts(root, day_of(1), {"anna.csv": ["1,1,"]}, HEADER.replace("pieces", "amount"))


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (no_files, r"lake\.counts: there is no file for 2017-01-02; expected .*counts/2017-01-02/MANIFEST\. Materialize the day when"),
        (not_closed, r"lake\.counts: there is no file for 2017-01-02; expected .*counts/2017-01-02/MANIFEST\. Materialize the day when"),
        (one_lost, r"MANIFEST: names counts/2017-01-02/ben\.csv, which is not there\. Ask for them again\.$"),
        (no_rows, r"MANIFEST: none of the day's files has rows: anna\.csv, ben\.csv\. Ask for them again"),
        (nothing_good, r"batch 2017-01-02: none of the 3 rows was accepted: 1 fields .* \(3 rows, the first is counts/2017-01-02/anna\.csv, line 2\)\. Is it"),
        (other_header, r"anna\.csv: line 1: the header changed: missing pieces; unexpected amount\. Ask for the file again, or describe"),
    ],
)
def test_bad_input_gives_one_clear_error_and_keeps_what_was_there(resource: WarehouseResource, write: "object", told: str) -> None:
    root = Path(resource.lake)
    write_day(root, day_of(0))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [COUNTS], 0, 0).success
        assert callable(write)
        write(root)
        result = run(instance, resource, [COUNTS], 1, 1)
    assert not result.success
    with pytest.raises(AssertionError, match=rf"^marts\.shelf_counts: .*{told}"):
        raise AssertionError(failure(result))
    with resource.warehouse.connect() as con:
        assert con.con.execute("select batch_date, rows_kept from quality.ledger").fetchall() == [(dt.date(2017, 1, 1), 2)]


def test_a_damaged_parquet_file_is_told_by_its_name(resource: WarehouseResource) -> None:
    write_day(Path(resource.lake), day_of(0))
    path = write_shelves(Path(resource.lake), day_of(0), [(1, "tea")])
    path.write_bytes(path.read_bytes()[:-9])
    with dg.DagsterInstance.ephemeral() as instance:
        told = failure(run(instance, resource, [KINDS], 0, 0))
    assert told.startswith(f"marts.shelf_kinds: {path}: cut off or damaged (")
    assert told.endswith("Ask for the file again, or describe its new form in lake/shelves.py.")
    assert "\n" not in told


def test_a_bad_day_in_a_range_is_named_its_check_fails_and_the_events_of_the_others_are_there(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 5)
    nothing_good(Path(resource.lake))
    (Path(resource.lake) / "counts" / f"{day_of(3)}" / "ben.csv").unlink()
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS, BY_KIND], 0, 4)
        told = told_of(instance, COUNTS)
        assert told_of(instance, BY_KIND) == {}
    assert not result.success
    assert list(told) == list(ledger(resource.warehouse, "marts.shelf_counts")) == [str(day_of(n)) for n in (0, 2, 4)]
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.asset_key, check.metadata["batches"].value) == (False, COUNTS, "2017-01-02, 2017-01-04")
    reason = failure(result)
    assert reason == check.metadata["reason"].value
    assert reason.startswith(
        "marts.shelf_counts: 2 of 5 batches were not published (2017-01-02, 2017-01-04): batch 2017-01-02: none of the 3 rows was accepted"
    )
    assert "MANIFEST: names counts/2017-01-04/ben.csv, which is not there." in reason


def test_of_many_bad_days_a_few_reasons_are_told_and_all_days(resource: WarehouseResource) -> None:
    write_day(Path(resource.lake), day_of(0))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 40)
        assert list(told_of(instance, COUNTS)) == ["2017-01-01"]
    reason = failure(result)
    assert reason.startswith("marts.shelf_counts: 40 of 41 batches were not published (2017-01-02..2017-02-10): lake.counts: there is no file for 2017-01-02")
    assert reason.count("there is no file for") == 3
    assert reason.endswith("; and 37 more reasons.")


def test_a_batch_without_its_look_back_names_what_is_missing(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 3)
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, resource, [KINDS, COUNTS], 0, 0)
        run(instance, resource, [COUNTS], 2, 2)
        result = run(instance, resource, [BY_KIND], 2, 2)
        checks = result.get_asset_check_evaluations()
    assert "marts.kind_counts: batch 2017-01-03 reads marts.shelf_kinds of 2017-01-01..2017-01-03, and 2017-01-02..2017-01-03 are not published" in failure(
        result
    )
    assert [(check.passed, check.metadata["batches"].value) for check in checks] == [(False, "2017-01-03")]


def test_a_batch_whose_rows_were_deleted_by_hand_is_missing(resource: WarehouseResource) -> None:
    write_day(Path(resource.lake), day_of(0))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [KINDS, COUNTS], 0, 0).success
        with resource.warehouse.connect() as con:
            con.con.execute("drop table marts.shelf_counts")
        result = run(instance, resource, [BY_KIND], 0, 0)
    assert "batch 2017-01-01 reads marts.shelf_counts of 2017-01-01, and 2017-01-01 is not published" in failure(result)


def test_what_is_refused_is_kept_with_its_file_and_line_of_each_of_the_days_files(resource: WarehouseResource) -> None:
    root = Path(resource.lake)
    write_counts(root, day_of(0), {"anna.csv": ["1,10,", "1,2,3,4", "x,1,"], "ben.csv": ["1,11,", "2,-2,"]})
    write_shelves(root, day_of(0), [(1, "tea"), (None, "rice")])
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [COUNTS, KINDS], 0, 0).success
    with resource.warehouse.connect() as con:
        refused = con.con.execute("select source_file, source_line, reason, raw from quality.quarantine order by all").fetchall()
    assert [row[:3] for row in refused] == [
        ("counts/2017-01-01/anna.csv", 3, "4 fields instead of 3"),
        ("counts/2017-01-01/anna.csv", 4, "no such shelf"),
        ("counts/2017-01-01/ben.csv", 2, "the shelf was counted before"),
        ("counts/2017-01-01/ben.csv", 3, "pieces is no count"),
        ("shelves/2017-01-01.parquet", 2, "shelf is not a number"),
    ]
    assert refused[0][3] == "1,2,3,4"
    assert '"kind":"rice"' in refused[4][3]


def test_a_source_that_may_have_nothing_to_say_may_have_nothing_good_to_say(resource: WarehouseResource) -> None:
    write_shelves(Path(resource.lake), day_of(0), [])
    write_shelves(Path(resource.lake), day_of(1), [(None, "tea")])
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [KINDS], 0, 1).success
    with resource.warehouse.connect() as con:
        assert con.con.execute("select rows_kept, rows_rejected from quality.batches order by batch_date").fetchall() == [(0, 0), (0, 1)]


@pytest.mark.parametrize(("error", "times"), [(OSError("stale file handle"), 2), (StorageError("could not read"), 1)])
def test_a_fault_that_passes_is_tried_again(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, error: Exception, times: int) -> None:
    monkeypatch.setattr("batch_assets.orchestration.assets._SECONDS_TO_RETRY", 0)
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(error, times))
    write_day(Path(resource.lake), day_of(0))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 0)
        assert result.success
        assert [event.event_type_value for event in result.all_events].count("STEP_UP_FOR_RETRY") == times


def test_what_is_published_before_a_fault_is_told_even_if_it_does_not_pass(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "publication_bytes", 1)
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(PermissionError(13, "Permission denied"), 1, on=day_of(2)))
    write_days(Path(resource.lake), 4)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 3)
        assert list(told_of(instance, COUNTS)) == [str(day_of(0)), str(day_of(1))]
    assert "Permission denied. Previous batches stay published; the run's events list those of this range that were published." in failure(result)


def test_a_fault_that_stays_is_told_at_once(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(PermissionError(13, "Permission denied", "lake/counts"), 1))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 0)
    assert "Permission denied: 'lake/counts'. Previous batches stay published" in failure(result)


def test_a_fault_that_does_not_pass_is_told_after_the_last_attempt(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.orchestration.assets._SECONDS_TO_RETRY", 0)
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(OSError("No space left on device"), 3))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 0)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    assert "marts.shelf_counts, 2017-01-01: No space left on device. Previous batches stay published" in event.step_failure_data.error_display_string


@pytest.mark.parametrize("error", [KeyboardInterrupt(), dg.DagsterExecutionInterruptedError()])
def test_what_a_person_has_ended_is_not_tried_again(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(error, 1))
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 0, 0)
    assert not result.success
    assert "STEP_UP_FOR_RETRY" not in [event.event_type_value for event in result.all_events]


def test_a_range_that_ends_before_it_begins_is_refused(resource: WarehouseResource) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, [COUNTS], 1, 0)
    assert failure(result) == "marts.shelf_counts: no day was asked for; is the first day of the range after its last?"


def test_a_file_that_cannot_be_put_into_its_place_fails_the_run_of_a_batch_that_is_published(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 2)
    final = Path(resource.published) / "expected_counts" / f"{day_of(1)}.parquet"
    final.mkdir(parents=True)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(instance, resource, EVERY_TABLE, 0, 1)
        told = told_of(instance, EXPECTED)
    assert not result.success
    reason = failure(result)
    assert reason.startswith(f"predictions.expected_counts: {final}: the batch is published in the warehouse, but its file cannot be moved here (")
    assert "\n" not in reason
    assert {day: event.metadata["content"].value for day, event in told.items()} == ledger(resource.warehouse, "predictions.expected_counts")
    assert list(told) == [str(day_of(0)), str(day_of(1))]
    final.rmdir()
    with resource.warehouse.connect() as con:
        rows = con.con.execute("select count(*) from predictions.expected_counts where batch_date = ?", [day_of(1)]).fetchall()
    assert [(pq.read_metadata(final).num_rows,)] == rows


def test_previews_are_made_after_the_commit_of_the_last_day_alone(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dt.date] = []

    def preview(table: Table, warehouse: Warehouse, day: dt.date) -> dict[str, str]:
        assert str(day) in ledger(warehouse, table.asset)
        asked.append(day)
        return {"preview": "shown"}

    monkeypatch.setattr("batch_assets.orchestration.assets.preview", preview)
    monkeypatch.setattr(settings, "publication_bytes", 1)
    write_days(Path(resource.lake), 3)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, [COUNTS], 0, 2).success
        told = told_of(instance, COUNTS)
    assert asked == [day_of(2)]
    assert [event.metadata["preview"].value if "preview" in event.metadata else None for event in told.values()] == [None, None, "shown"]


@pytest.mark.parametrize("broken", ["first_rows", "draw"])
def test_a_preview_that_fails_changes_nothing_and_loses_no_event(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*_: object) -> object:
        raise StorageError("No space left on device")

    monkeypatch.setattr(f"batch_assets.reporting.preview.{broken}", fail)
    write_days(Path(resource.lake), 2)
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(instance, resource, EVERY_TABLE, 0, 1).success
        told = {key: told_of(instance, key) for key in EVERY_TABLE}
    for key in EVERY_TABLE:
        assert {day: event.metadata["content"].value for day, event in told[key].items()} == ledger(resource.warehouse, ".".join(key.path))
        assert len(told[key]) == 2
    title, other = ("preview", "expected_chart") if broken == "first_rows" else ("expected_chart", "preview")
    shown = told[EXPECTED][str(day_of(1))].metadata
    assert shown[title].value == f"The {title.replace('_', ' ')} could not be made: No space left on device"
    assert str(shown[other].value).startswith(("![Pieces expected](data:image/svg", "| kind |"))


def test_a_day_outside_the_calendar_is_refused(resource: WarehouseResource) -> None:
    job = definitions(resource).resolve_job_def("daily")
    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(dg.DagsterUnknownPartitionError, match="2031-01-01"):
        job.execute_in_process(instance=instance, partition_key="2031-01-01")


def test_the_checks_of_a_graph_see_its_warehouse(resource: WarehouseResource) -> None:
    write_days(Path(resource.lake), 1)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions(resource).resolve_job_def("daily").execute_in_process(instance=instance, partition_key=str(day_of(0)))
    checks = {check.check_name: check for check in result.get_asset_check_evaluations() if check.asset_key == EXPECTED}
    assert checks["contract"].passed
    assert (checks["something_is_expected"].passed, checks["something_is_expected"].metadata["rows"].value) == (True, 6)
