"""Bringing up to date publishes what is missing or stale, and exactly that; what cannot be made is told in one line and holds up only what needs it."""

import dataclasses
import datetime as dt
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from batch_assets.__main__ import main
from batch_assets.errors import StorageError
from batch_assets.ingest.lakefile import file_version
from batch_assets.orchestration.resource import WarehouseResource
from batch_assets.orchestration.up_to_date import bring_up_to_date
from batch_assets.settings import settings
from batch_assets.table.graph import Graph
from batch_assets.warehouse.plan import needed
from batch_assets.warehouse.plan_lines import told
from batch_assets.warehouse.planned import Step, planned

from ..shop import PACKAGE
from ..shop_lake import day_of, write_counts, write_days, write_shelves
from .runs import definitions, failing, ledger

GRAPH = Graph(PACKAGE)
CONFIGURED = Path(__file__).parents[2] / "dagster.yaml.example"


@dataclasses.dataclass
class Person:
    """Who brings the tests' own tables up to date."""

    resource: WarehouseResource
    instance: dg.DagsterInstance
    told: list[str] = dataclasses.field(default_factory=list)
    plan: list[Step] = dataclasses.field(default_factory=list)

    def updates(self, first: int, last: int, *names: str, restates_past: bool = False) -> int:
        """Bring tables up to date; return the number of batches."""
        self.told.clear()
        tables = GRAPH.with_upstreams(list(names)) if names else GRAPH.in_order()
        job = definitions(self.resource).resolve_job_def("__ASSET_JOB")
        with self.resource.warehouse.connect() as con:
            self.plan = planned(con, tables, (day_of(first), day_of(last)), Path(self.resource.lake), restates_past=restates_past)
        self.told += [line for line in told(self.plan) if " are gone " in line]
        return bring_up_to_date(job, self.plan, self.instance, self.resource, self.told.append)

    def tables(self) -> set[str]:
        """Return the tables of which batches were published."""
        return {line.split(":")[0] for line in self.told}


@pytest.fixture
def person(resource: WarehouseResource) -> Iterator[Person]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Person(resource, instance)


def test_what_is_needed_reaches_back_as_far_as_the_look_backs() -> None:
    starts = {table.name: first for table, first in needed(GRAPH.in_order(), dt.date(2017, 12, 11))}
    assert starts["expected_counts"] == starts["mean_model"] == starts["recent_counts"] == dt.date(2017, 12, 11)
    assert starts["kind_counts"] == starts["shelf_counts"] == dt.date(2017, 12, 2)
    assert starts["shelf_kinds"] == settings.first_day


def test_only_the_batches_that_read_a_corrected_file_are_published_again(person: Person) -> None:
    lake = Path(person.resource.lake)
    write_days(lake, 15)
    assert person.updates(13, 14) == 15 + 2 * 11 + 4 * 2
    assert person.updates(13, 14) == 0
    assert person.told == []
    before = {table.asset: ledger(person.resource.warehouse, table.asset) for table in GRAPH.in_order()}
    write_counts(lake, day_of(14), {"anna.csv": ["1,24,", "3,5,"], "ben.csv": ["2,77,half empty"]})
    assert person.updates(13, 14) == 3
    assert person.tables() == {"marts.shelf_counts", "marts.kind_counts", "features.recent_counts"}
    assert person.updates(13, 14, restates_past=True) == 2
    assert person.tables() == {"models.mean_model", "predictions.expected_counts"}
    after = {table.asset: ledger(person.resource.warehouse, table.asset) for table in GRAPH.in_order()}
    changed = {(asset, day) for asset, batches in after.items() for day, content in batches.items() if before[asset][day] != content}
    restated = ("marts.shelf_counts", "marts.kind_counts", "features.recent_counts", "predictions.expected_counts")
    assert changed == {(asset, str(day_of(14))) for asset in restated}


def test_a_file_that_only_changed_its_name_changes_the_version_of_its_day(person: Person) -> None:
    write_days(Path(person.resource.lake), 2)
    person.updates(0, 1, "shelf_counts")
    folder = write_counts(Path(person.resource.lake), day_of(1), {"anna.csv": ["1,11,", "3,5,"]})
    (folder / "ben.csv").rename(folder / "carl.csv")
    (folder / "MANIFEST").write_text("anna.csv\ncarl.csv\n")
    assert person.updates(0, 1, "shelf_counts") == 1
    with person.resource.warehouse.connect() as con:
        files = con.con.execute("select distinct source_file from marts.shelf_counts where batch_date = ? order by 1", [day_of(1)]).fetchall()
    assert files == [("counts/2017-01-02/anna.csv",), ("counts/2017-01-02/carl.csv",)]


def test_tables_that_are_selected_are_made_with_what_they_need_and_no_others(person: Person) -> None:
    write_days(Path(person.resource.lake), 3)
    assert person.updates(1, 2, "kind_counts", "next_days") == 2 + 3 + 2 + 2
    assert person.tables() == {"marts.shelf_counts", "marts.shelf_kinds", "marts.kind_counts", "features.next_days"}


def test_a_table_that_somebody_dropped_is_published_again(person: Person) -> None:
    write_days(Path(person.resource.lake), 5)
    person.updates(4, 4)
    with person.resource.warehouse.connect() as con:
        con.con.execute("drop table marts.kind_counts; drop table features.next_days")
    assert person.updates(4, 4) == 5 + 1


def test_raw_files_that_were_archived_after_their_batches_were_published_do_not_stop_it(person: Person) -> None:
    lake = Path(person.resource.lake)
    write_days(lake, 4)
    person.updates(3, 3)
    before = ledger(person.resource.warehouse, "marts.shelf_counts")
    for n in range(3):
        shutil.rmtree(lake / "counts" / f"{day_of(n)}")
        (lake / "shelves" / f"{day_of(n)}.parquet").unlink()
    write_days(lake, 5)
    for n in range(3):
        shutil.rmtree(lake / "counts" / f"{day_of(n)}")
        (lake / "shelves" / f"{day_of(n)}.parquet").unlink()
    assert person.updates(3, 4) == 7
    assert "marts.shelf_counts: the raw files of 3 batches are gone (2017-01-01..2017-01-03). What was published stands; it cannot" in "\n".join(person.told)
    assert ledger(person.resource.warehouse, "marts.shelf_counts").items() > before.items()
    with person.resource.warehouse.connect() as con:
        con.con.execute("drop table marts.shelf_counts")
    assert "lake.counts: there is no file for 2017-01-01" in why_not(person, 3, 4)


def test_an_unchanged_lake_is_not_read_again(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr("batch_assets.ingest.known_files._SETTLED_NS", -(10**18))

    def note_and_read(path: Path) -> str:
        read.append(path)
        return file_version(path)

    monkeypatch.setattr("batch_assets.ingest.known_files.file_version", note_and_read)
    write_days(Path(person.resource.lake), 2)
    person.updates(0, 1)
    assert (person.updates(0, 1), len(read)) == (0, 6)
    write_shelves(Path(person.resource.lake), day_of(1), [(4, "salt")])
    assert (person.updates(0, 1), len(read)) == (2, 7)


def why_not(person: Person, first: int, last: int) -> str:
    """Return why not all could be brought up to date."""
    with pytest.raises(RuntimeError) as told:
        person.updates(first, last)
    return str(told.value)


def test_a_missing_file_is_told_and_holds_up_what_needs_it(person: Person) -> None:
    write_days(Path(person.resource.lake), 3)
    assert why_not(person, 3, 3).startswith("marts.shelf_counts: 1 of 4 batches were not published (2017-01-04): lake.counts: there is no file for 2017-01-04")
    assert list(ledger(person.resource.warehouse, "marts.kind_counts")) == [str(day_of(n)) for n in range(3)]


def test_a_poisoned_day_holds_up_what_needs_it_and_nothing_else(person: Person) -> None:
    """Of five days the third one's counts are bad: what looks back on them waits, and what does not is published."""
    lake = Path(person.resource.lake)
    write_days(lake, 5)
    write_counts(lake, day_of(2), {"anna.csv": ["x,1,"], "ben.csv": ["y"]})
    told = why_not(person, 0, 4)
    assert (
        told.startswith("marts.shelf_counts: batch 2017-01-03: none of the 2 rows was accepted: ") or "1 of 5 batches were not published (2017-01-03)" in told
    )
    assert "\n" not in told
    days = {table.name: [day[-1] for day in ledger(person.resource.warehouse, table.asset)] for table in GRAPH.in_order()}
    assert days["shelf_kinds"] == days["next_days"] == ["1", "2", "3", "4", "5"]
    assert days["shelf_counts"] == days["kind_counts"] == ["1", "2", "4", "5"]
    assert days["recent_counts"] == days["mean_model"] == days["expected_counts"] == ["1", "2"]
    waiting = 1 + 3 + 3 + 3
    assert told.endswith(f" {waiting} batches of other tables wait for them.")
    assert any(line.startswith("marts.shelf_counts: 12 rows") and line.endswith("not all of them") for line in person.told)
    write_counts(lake, day_of(2), {"anna.csv": ["1,12,", "3,5,"], "ben.csv": ["2,24,"]})
    assert person.updates(0, 4) == 1 + waiting


def test_many_bad_days_are_told_in_one_line(person: Person) -> None:
    lake = Path(person.resource.lake)
    write_days(lake, 12)
    for n in range(2, 12):
        (lake / "counts" / f"{day_of(n)}" / "MANIFEST").unlink()
    told = why_not(person, 0, 11)
    assert told.startswith("marts.shelf_counts: 10 of 12 batches were not published (2017-01-03..2017-01-12): lake.counts: there is no file for 2017-01-03")
    assert "; and 7 more reasons" in told
    assert told.endswith(f" {10 * 4} batches of other tables wait for them.")
    assert list(ledger(person.resource.warehouse, "predictions.expected_counts")) == [str(day_of(0)), str(day_of(1))]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), dg.DagsterExecutionInterruptedError()])
def test_an_interrupt_in_the_middle_of_a_table_ends_it(person: Person, monkeypatch: pytest.MonkeyPatch, interrupt: BaseException) -> None:
    write_days(Path(person.resource.lake), 2)
    monkeypatch.setattr("batch_assets.warehouse.backfill.publish", failing(interrupt, 99))
    with pytest.raises(KeyboardInterrupt):
        person.updates(1, 1)
    assert len(person.told) == 1


@pytest.fixture
def settled(resource: WarehouseResource, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WarehouseResource:
    """The warehouse that the settings name, with the tests' own graph."""
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text(CONFIGURED.read_text())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setattr(settings, "graph", PACKAGE)
    for name, place in {"lake": resource.lake, "warehouse": resource.database, "published": resource.published, "models": resource.models}.items():
        monkeypatch.setattr(settings, name, Path(place))
    return resource


def command(first: int, last: int, *more: str) -> list[str]:
    """Return the arguments of a command line."""
    return ["up-to-date", "--from", str(day_of(first)), "--to", str(day_of(last)), *more]


def test_the_command_tells_what_it_did_and_then_that_nothing_is_left(settled: WarehouseResource, capsys: pytest.CaptureFixture[str]) -> None:
    write_days(Path(settled.lake), 2)
    assert main(command(1, 1, "--select", "kind_counts", "next_days")) == 0
    assert "5 batches published in " in capsys.readouterr().out.splitlines()[-1]
    assert main(command(1, 1, "--select", "kind_counts", "next_days")) == 0
    assert capsys.readouterr().out == "everything is up to date\n"
    assert main(command(1, 1)) == 0
    assert set(ledger(settled.warehouse, "predictions.expected_counts")) == {str(day_of(1))}


def test_a_second_file_of_a_day_and_a_file_of_no_day_are_not_overlooked(settled: WarehouseResource, capsys: pytest.CaptureFixture[str]) -> None:
    write_days(Path(settled.lake), 3)
    assert main(command(0, 2)) == 0
    published, folder = ledger(settled.warehouse, "marts.shelf_kinds"), Path(settled.lake) / "shelves"
    capsys.readouterr()
    for name in (f"{day_of(1)} (1).parquet", "2017-01.parquet"):
        (folder / name).touch()
    for asked in ("plan", "up-to-date"):
        assert main([asked, *command(0, 2)[1:]]) == (asked == "up-to-date")
        told = capsys.readouterr()
        assert told.out.startswith("lake.shelves: not read, since no day has a file of this name: shelves/2017-01-02 (1).parquet, shelves/2017-01.parquet. ")
        assert f"cannot be made: {folder}/2017-01-02.parquet: 2017-01-02 (1).parquet lies beside it" in told.out
        assert (told.err.count("\n"), "2017-01-02 (1).parquet lies beside it" in told.err) == ((1, True) if asked == "up-to-date" else (0, False))
    assert ledger(settled.warehouse, "marts.shelf_kinds") == published


def test_the_command_ends_with_one_line_about_a_poisoned_day(settled: WarehouseResource, capsys: pytest.CaptureFixture[str]) -> None:
    write_days(Path(settled.lake), 3)
    write_shelves(Path(settled.lake), day_of(1), [(1, "tea")]).write_bytes(b"PAR1 no more")
    assert main(command(0, 2)) == 1
    told = capsys.readouterr().err
    assert told.startswith("marts.shelf_kinds: 1 of 3 batches were not published (2017-01-02): ")
    assert "shelves/2017-01-02.parquet: cut off or damaged" in told
    assert told.endswith(" batches of other tables wait for them.\n")
    assert told.count("\n") == 1


def test_a_table_that_is_not_there_is_told_in_a_line(settled: WarehouseResource, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(0, 1, "--select", "kind_counts", "shelf_count")) == 1
    assert capsys.readouterr().err == (
        "there is no table shelf_count; the tables are expected_counts, kind_counts, mean_model, next_days, recent_counts, shelf_counts, shelf_kinds.\n"
    )
    assert not Path(settled.database).exists()


def test_without_a_folder_for_dagster_the_one_that_the_ui_uses_is_made(settled: WarehouseResource, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "data" / "dagster"
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.setattr("batch_assets.orchestration.home._DEFAULT", home)
    write_days(Path(settled.lake), 1)
    assert main(command(0, 0, "--select", "shelf_counts")) == 0
    assert (home / "dagster.yaml").read_text() == CONFIGURED.read_text()
    assert (home / "history" / "runs" / "index.db").exists()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_that_dagster_cannot_use_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "/no/such/folder")
    assert main(command(0, 1)) == 1
    assert "/no/such/folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("2017-02-30", "2017-03-01"), "'2017-02-30' is not a date such as 2017-12-26"),
        (("2016-12-31", "2017-01-01"), "2016-12-31 is outside the calendar, 2017-01-01 to 2017-12-31"),
        (("2017-02-02", "2017-02-01"), "--from 2017-02-02 is after --to 2017-02-01"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(days: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up-to-date", "--from", days[0], "--to", days[1]])
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "interrupted: published batches stay published; run the same command again to continue\n"),
        (dg.DagsterExecutionInterruptedError(), 130, "interrupted: published batches stay published; run the same command again to continue\n"),
        (StorageError("No space left on device"), 1, "No space left on device\n"),
    ],
)
def test_what_ends_it_is_told_in_a_line(
    settled: WarehouseResource, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, told: str
) -> None:
    def end(*_: object) -> int:
        raise error

    monkeypatch.setattr("batch_assets.orchestration.up_to_date.bring_up_to_date", end)
    assert main(command(0, 1)) == code
    assert capsys.readouterr().err == told
