"""Bringing up to date publishes what is missing or stale, and exactly that."""

import datetime as dt
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from batch_assets.__main__ import main
from batch_assets.orchestration.up_to_date import bring_up_to_date, needed
from batch_assets.settings import settings
from batch_assets.table.table import Table
from batch_assets.warehouse.connection import Warehouse

from ..lake_writer import day_of, till_line, write_till
from ..tiny_history import write_history


def test_what_is_needed_reaches_back_as_far_as_the_look_backs() -> None:
    starts = {table.name: first for table, first in needed(dt.date(2017, 12, 11), dt.date(2017, 12, 12))}
    assert starts["demand_forecast"] == starts["demand_model"] == dt.date(2017, 12, 11)
    assert starts["category_demand"] == starts["sales_lines"] == settings.first_day


def test_only_the_batches_that_read_a_changed_file_are_published_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "min_training_days", 30)
    write_history(Path(warehouse.lake), 45)
    told: list[str] = []

    def update() -> int:
        told.clear()
        with dg.instance_for_test() as instance:
            return bring_up_to_date(day_of(43), day_of(44), instance, warehouse, told.append)

    assert update() == 5 * 45 + 2 * 2
    assert update() == 0
    write_till(Path(warehouse.lake), day_of(44), [till_line(day_of(44), quantity="7")])
    assert update() == 5
    assert {line.split(":")[0] for line in told} == {
        "marts.sales_lines", "marts.category_day_sales", "features.category_demand", "models.demand_model", "predictions.demand_forecast",
    }  # fmt: skip


def test_rows_that_somebody_deleted_are_published_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "min_training_days", 30)
    write_history(Path(warehouse.lake), 45)
    with dg.instance_for_test() as instance:
        bring_up_to_date(day_of(44), day_of(44), instance, warehouse, lambda line: None)
        with warehouse.connect() as con:
            con.con.execute("drop table marts.category_day_sales")
            con.con.execute("delete from features.target_calendar where batch_date = ? and horizon = 1", [day_of(9)])
        assert bring_up_to_date(day_of(44), day_of(44), instance, warehouse, lambda line: None) == 45 + 1


def test_a_missing_file_stops_it_with_its_name(warehouse: Warehouse) -> None:
    from batch_assets.errors import LakeError

    write_history(Path(warehouse.lake), 3)
    with dg.instance_for_test() as instance, pytest.raises(LakeError, match=r"lake\.\w+: there is no file for 2017-01-04"):
        bring_up_to_date(day_of(3), day_of(3), instance, warehouse, lambda line: None)


def test_a_missing_setting_of_dagster_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert main(["up-to-date", "--from", "2017-02-01", "--to", "2017-02-02"]) == 1
    assert "DAGSTER_HOME" in capsys.readouterr().err


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), dg.DagsterExecutionInterruptedError(), duckdb.InterruptException("Query interrupted")])
def test_an_interrupt_in_the_middle_of_a_table_ends_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, interrupt: BaseException) -> None:
    def publish(*_: object) -> None:
        raise interrupt

    write_history(Path(warehouse.lake), 2)
    monkeypatch.setattr(Table, "publish", publish)
    with dg.instance_for_test() as instance, pytest.raises(KeyboardInterrupt):
        bring_up_to_date(day_of(1), day_of(1), instance, warehouse, lambda line: None)


def test_an_interrupt_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr("batch_assets.orchestration.up_to_date.bring_up_to_date", interrupted)
    assert main(["up-to-date", "--from", "2017-02-01", "--to", "2017-02-02"]) == 130
    assert capsys.readouterr().err.startswith("interrupted: what is published is whole")


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("2017-02-30", "2017-03-01"), "'2017-02-30' is no day like 2017-12-26"),
        (("2016-12-31", "2017-01-01"), "2016-12-31 is outside the calendar, 2017-01-01 to 2017-12-31"),
        (("2017-02-02", "2017-02-01"), "--from 2017-02-02 is after --to 2017-02-01"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(days: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up-to-date", "--from", days[0], "--to", days[1]])
    assert told in capsys.readouterr().err


def test_a_failed_run_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def full(*_: object) -> int:
        raise OSError("No space left on device")

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr("batch_assets.orchestration.up_to_date.bring_up_to_date", full)
    assert main(["up-to-date", "--from", "2017-02-01", "--to", "2017-02-02"]) == 1
    assert capsys.readouterr().err == "No space left on device\n"
