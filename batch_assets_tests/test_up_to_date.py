"""Bringing up to date publishes what is missing or stale, and exactly that."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from batch_assets.__main__ import main
from batch_assets.settings import settings
from batch_assets.up_to_date import bring_up_to_date, needed
from batch_assets.warehouse import Warehouse

from .lake_writer import day_of, till_line, write_till
from .tiny_history import write_history


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


def test_a_missing_file_stops_it_with_its_name(warehouse: Warehouse) -> None:
    from batch_assets.errors import LakeError

    write_history(Path(warehouse.lake), 3)
    with dg.instance_for_test() as instance, pytest.raises(LakeError, match=r"lake\.\w+: there is no file for 2017-01-04"):
        bring_up_to_date(day_of(3), day_of(3), instance, warehouse, lambda line: None)


def test_a_missing_setting_of_dagster_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert main(["up-to-date", "--from", "2017-02-01", "--to", "2017-02-02"]) == 1
    assert "DAGSTER_HOME" in capsys.readouterr().err


def test_an_interrupt_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setattr("batch_assets.up_to_date.bring_up_to_date", interrupted)
    assert main(["up-to-date", "--from", "2017-02-01", "--to", "2017-02-02"]) == 130
    assert capsys.readouterr().err.startswith("interrupted: what is published is whole")
