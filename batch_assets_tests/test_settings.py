"""Settings: what the environment may contain, and how mistakes in it are reported."""

import datetime as dt
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from batch_assets.settings import Closing, Settings

GUIDES = Path(__file__).parents[1] / "docs" / "guides.md"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder without a file of settings."""
    monkeypatch.chdir(tmp_path)


def test_the_settings_that_the_guides_show_are_understood(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n((?: *BATCH_ASSETS_\w+=.*\n)+) *```", GUIDES.read_text())
    (tmp_path / ".env").write_text(re.sub(r"(?m)^ +", "", block))
    found = Settings()
    assert (found.lake, found.time_zone, found.first_day, found.last_day) == (Path("/srv/lake"), "Europe/Berlin", dt.date(2025, 1, 1), None)
    assert found.closed_days == {
        dt.date(2025, 12, 25): Closing(),
        "FREQ=WEEKLY;BYDAY=SU": Closing(),
        dt.date(2025, 3, 18): Closing(known_on=dt.date(2025, 3, 10)),
    }
    assert set(found.shopping_holidays) == {"Easter Sunday", "Christmas Eve"}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TIME_ZONE", "Europe/Berln", r"'Europe/Berln' is not a time zone of the IANA database"),
        ("SHOPPING_HOLIDAYS", '{"Christmas": "25 December"}', r"Christmas: '25 December' is not a recurrence rule such as FREQ=YEARLY"),
        ("LAST_DAY", "2016-01-01", r"last_day 2016-01-01 is before first_day 2017-01-01; set both, or last_day to null"),
        ("CLOSED_DAYS", '["Sunday"]', r"'Sunday' is neither a day such as 2017-12-25 nor a recurrence rule such as FREQ=WEEKLY;BYDAY=SU"),
        ("CLOSED_DAYS", '{"2017-03-18": {"known": "2017-03-10"}}', r"closed_days.*known\n.*Extra inputs are not permitted"),
        ("TIMEZONE", "Europe/Berlin", r"no such setting: BATCH_ASSETS_TIMEZONE; the settings are .*BATCH_ASSETS_TIME_ZONE"),
        ("RETRAIN_WEEKDAY", "Mon", r"retrain_weekday\n.*'Monday', 'Tuesday'"),
    ],
)
def test_a_mistake_is_told_with_what_is_right(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(f"BATCH_ASSETS_{name}", value)
    with pytest.raises(ValidationError, match=told):
        Settings()


def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=1\nbatch_assets_timezone=Europe/Berlin\n")
    with pytest.raises(ValidationError, match=rf"no such setting: batch_assets_timezone in {tmp_path}/\.env; the settings are .*BATCH_ASSETS_TIME_ZONE"):
        Settings()


def test_the_file_of_the_working_directory_counts_and_without_it_that_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    monkeypatch.setattr("batch_assets.settings.PROJECT", project)
    (project / ".env").write_text("BATCH_ASSETS_TIME_ZONE=Europe/Berlin\nBATCH_ASSETS_LAKE=raw\n")
    for folder in (project, elsewhere):
        monkeypatch.chdir(folder)
        assert (Settings().time_zone, Settings().lake) == ("Europe/Berlin", project / "raw")
    (elsewhere / ".env").write_text("BATCH_ASSETS_LAKE=raw\n")
    assert (Settings().time_zone, Settings().lake) == ("America/New_York", elsewhere / "raw")


def test_a_path_of_the_environment_begins_at_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_ASSETS_WAREHOUSE", "here/w.duckdb")
    found = Settings()
    monkeypatch.chdir(tmp_path.parent)
    assert found.warehouse == tmp_path / "here" / "w.duckdb"


def test_a_setting_with_two_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("BATCH_ASSETS_WAREHOUSE=one.duckdb\nHOME=/nowhere\n")
    monkeypatch.setenv("batch_assets_warehouse", "two.duckdb")
    with pytest.raises(ValidationError, match=r"BATCH_ASSETS_WAREHOUSE is 'two.duckdb' in the environment and 'one.duckdb' in .*/\.env; remove one of them"):
        Settings()
    monkeypatch.setenv("batch_assets_warehouse", "one.duckdb")
    assert Settings().warehouse == tmp_path / "one.duckdb"


def test_a_days_place_in_the_calendar_is_told() -> None:
    found = Settings(first_day=dt.date(2017, 1, 1), last_day=dt.date(2017, 1, 31))
    assert [found.outside(dt.date(2017, 1, day)) for day in (1, 31)] == [None, None]
    for day in (dt.date(2016, 12, 31), dt.date(2017, 2, 1)):
        assert found.outside(day) == f"{day} is outside the calendar, 2017-01-01 to 2017-01-31: see the settings first_day and last_day"
    assert Settings(first_day=dt.date(2017, 1, 1), last_day=None).outside(dt.date(2030, 1, 1)) is None


def test_a_set_is_written_in_one_order() -> None:
    days = [dt.date(2017, 1, day) for day in range(1, 29)]
    one, other = (Settings(closed_days=dict.fromkeys(order, Closing())).written("closed_days") for order in (days, days[::-1]))
    assert one == other
    assert one != Settings(closed_days=dict.fromkeys(days, Closing(known_on=days[0]))).written("closed_days")


def test_a_list_of_days_and_rules_is_of_what_was_always_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_ASSETS_CLOSED_DAYS", '["2017-12-25", "FREQ=WEEKLY;BYDAY=SU"]')
    assert Settings().closed_days == {dt.date(2017, 12, 25): Closing(), "FREQ=WEEKLY;BYDAY=SU": Closing()}


def test_a_secret_is_written_as_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_ASSETS_PSEUDONYM_SALT", "Zerlina7")
    written = Settings().written("pseudonym_salt")
    assert "Zerlina7" not in written
    monkeypatch.setenv("BATCH_ASSETS_PSEUDONYM_SALT", "another")
    assert Settings().written("pseudonym_salt") != written
