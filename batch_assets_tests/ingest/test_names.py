"""Names that look like a day's file are found, and those of leftovers are not; a folder is listed again when it changed, and only then."""

import datetime as dt
import os
from pathlib import Path

import pytest

from batch_assets.ingest.names import lookalikes, strangers

DAY = dt.date(2017, 1, 1)
OLD = 1_500_000_000


def folder_of(root: Path, *files: str) -> Path:
    """Make files in a folder."""
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.mark.parametrize(
    "name",
    [
        *("2017-01-01.csv.gz.part", "2017-01-01.csv.gz.filepart", "2017-01-01.csv.TMP", "2017-01-01.csv~", "#2017-01-01.csv#", ".2017-01-01.csv.swp"),
        *("~$2017-01-01.csv", ".2017-01-01.csv.4711.unfinished", "2017-01-01.csv.bak", "2017-01-01.csv.orig", "2017-01-01.csv.sha256", "2017-01-01.csv.ok"),
        *("2017-01-011.csv", "12017-01-01.csv"),
    ],
)
def test_leftovers_and_what_belongs_to_a_file_are_no_second_file(tmp_path: Path, name: str) -> None:
    folder_of(tmp_path, "2017-01-01.csv", name)
    assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == []
    (tmp_path / "2017-01-01.csv").unlink()
    assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "2017-01-01 (1).csv").mkdir()
    assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == []
    assert strangers(tmp_path, ["{day}.csv"], [DAY]) == []


def test_a_word_that_goes_on_is_another(tmp_path: Path) -> None:
    folder_of(tmp_path, "till-1.csv", "till-10.csv", "tills-1.csv", "still-1.csv", "till-1b.csv")
    assert lookalikes(tmp_path / "till-1.csv", ".csv") == ["till-1b.csv"]


def test_an_unchanged_folder_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "2017-01-01.csv")
    os.utime(tmp_path, (OLD, OLD))
    scan, listed = os.scandir, list[object]()

    def scandir(folder: object) -> object:
        listed.append(folder)
        return scan(str(folder))

    monkeypatch.setattr("batch_assets.ingest.names.os.scandir", scandir)
    for _ in range(3):
        assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == []
    assert listed == [str(tmp_path)]
    folder_of(tmp_path, "2017-01-01_2.csv")
    os.utime(tmp_path, (OLD + 1, OLD + 1))
    assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == ["2017-01-01_2.csv"]
    (tmp_path / "2017-01-01_2.csv").rename(tmp_path / "2017-01-01_3.csv")
    assert lookalikes(tmp_path / "2017-01-01.csv", ".csv") == ["2017-01-01_3.csv"]


def test_days_may_lie_in_folders_by_month(tmp_path: Path) -> None:
    folder_of(tmp_path, "2017/01/01.csv", "2017/01/40.csv", "2017/01/.x", "2017/02/30.csv", "README.md")
    found = strangers(tmp_path, ["{day:%Y/%m/%d}.csv"], [DAY, dt.date(2017, 2, 1)])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["2017/01/40.csv", "2017/02/30.csv"]
