"""A build gives the same bytes however it comes about, and never harms what is there."""

import datetime as dt
from pathlib import Path
from typing import Never

import pytest

from batch_assets.demo import files
from batch_assets.demo.__main__ import main
from batch_assets.demo.builder import build
from batch_assets.demo.damage import BROKEN_DAYS, redeliver
from batch_assets.demo.departments import PATTERNS

from .conftest import DIRTIER, FIRST, HOUSEHOLDS, LAST, Lake

DAY = dt.timedelta(days=1)


def _empty(folder: Path) -> Lake:
    return Lake(folder / "lake", folder / "manifest.json")


def test_a_second_build_gives_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    """Nothing depends on the clock, the folder or the order of anything."""
    again = _empty(tmp_path).build()
    assert again.files() == lake.files()
    assert again.manifest.read_bytes() == lake.manifest.read_bytes()


def test_a_range_of_days_gives_the_same_files(lake: Lake, tmp_path: Path) -> None:
    """But for the full first catalogue, and the lines that come late from before the first day."""
    first, last, days = FIRST + 5 * DAY, LAST - 5 * DAY, lake.days()
    part = _empty(tmp_path).build(first, last)
    assert sorted(part.days()) == [day for day in sorted(days) if first <= day <= last]
    for day in part.days():
        early = {i["line"] for i in days[day]["sales"]["dirt"]["late"] if i["sold_on"] < str(first)}
        assert part.till_lines(day) == [line for n, line in enumerate(lake.till_lines(day), 1) if n not in early], day
        assert day == first or part.catalogue_lines(day) == lake.catalogue_lines(day), day


def test_an_interrupted_build_goes_on(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between writing a file and moving it to its place, a build leaves no half file and is taken up again."""
    mine, stop_at, replace = _empty(tmp_path), f"{FIRST + 6 * DAY}.csv.gz", Path.replace

    def interrupt(unfinished: Path, target: Path) -> Path:
        if target.name == stop_at:
            raise KeyboardInterrupt
        return replace(unfinished, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            mine.build()
    assert len(mine.days()) == 6
    assert not mine.till(FIRST + 6 * DAY).exists()
    mine.build()
    assert mine.files() == lake.files()
    assert mine.manifest.read_bytes() == lake.manifest.read_bytes()


def test_only_missing_files_are_written_again(lake: Lake, tmp_path: Path) -> None:
    """Lost files come back with the same bytes; a day that was delivered again stays whole."""
    mine = lake.copy_to(tmp_path)
    whole = redeliver(mine.path, next(iter(BROKEN_DAYS))).read_bytes()
    kept = mine.till(FIRST + DAY).stat().st_mtime_ns
    mine.till(FIRST).unlink()
    (mine.path / "catalogue" / f"{LAST}.jsonl").unlink()
    mine.build()
    assert mine.files() == lake.files() | {f"sales/pos/{next(iter(BROKEN_DAYS))}.csv.gz": whole}
    assert mine.till(FIRST + DAY).stat().st_mtime_ns == kept


def test_a_complete_lake_is_left_alone(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the source is read."""

    def read(_households: int | None) -> Never:
        pytest.fail("the source was read")

    monkeypatch.setattr("batch_assets.demo.builder.load", read)
    mine = lake.copy_to(tmp_path)
    assert mine.build().files() == lake.files()


def test_other_arguments_replace_the_lake(lake: Lake, tmp_path: Path) -> None:
    """Nothing of the earlier build is left, and files that it did not write stay."""
    mine = lake.copy_to(tmp_path)
    (mine.path / "catalogue" / "notes.txt").write_text("mine")
    build(mine.path, mine.manifest, first=FIRST, last=FIRST + DAY, households=HOUSEHOLDS // 2, dirtier=DIRTIER)
    names = {pattern.format(day=day) for day in (FIRST, FIRST + DAY) for pattern in (files.TILL, files.CATALOGUE, *PATTERNS.values())}
    assert mine.files().keys() == {*names, "catalogue/notes.txt", ".demo.json"}
    assert mine.till(FIRST).read_bytes() != lake.till(FIRST).read_bytes()


@pytest.mark.parametrize("keep_manifest", [True, False])
def test_a_real_lake_is_left_alone(lake: Lake, tmp_path: Path, keep_manifest: bool) -> None:
    """Files that the demo did not write are neither kept as its own nor replaced, whatever a manifest says."""
    mine = lake.copy_to(tmp_path)
    (mine.path / ".demo.json").unlink()
    if not keep_manifest:
        mine.manifest.unlink()
    before = mine.files()
    for last in (LAST, LAST - DAY):
        with pytest.raises(FileExistsError, match="did not write it"):
            mine.build(last=last)
    assert mine.files() == before


def test_a_lost_manifest_comes_back(lake: Lake, tmp_path: Path) -> None:
    """The lake is built anew, for nobody knows any more what is in it."""
    mine = lake.copy_to(tmp_path)
    mine.manifest.unlink()
    mine.till(FIRST).write_bytes(b"half")
    mine.build()
    assert mine.files() == lake.files()
    assert mine.manifest.read_bytes() == lake.manifest.read_bytes()


def test_a_range_without_an_open_day_is_refused(lake: Lake, tmp_path: Path) -> None:
    """The store was closed on Christmas Day; what is there stays."""
    mine = lake.copy_to(tmp_path)
    with pytest.raises(ValueError, match="open on no day"):
        mine.build(dt.date(2017, 12, 25), dt.date(2017, 12, 25))
    assert mine.files() == lake.files()


def test_a_lake_of_hardly_any_household_is_built(tmp_path: Path) -> None:
    """On most days it has no line at all, also on a day whose last line would be cut off."""
    mine = _empty(tmp_path)
    build(mine.path, mine.manifest, first=FIRST, last=LAST, households=1, dirtier=100)
    assert 0 in {entries["sales"]["lines"] for entries in mine.days().values()}


def test_more_dirt_than_lines_is_refused(tmp_path: Path) -> None:
    """The rates cannot be multiplied without end."""
    with pytest.raises(ValueError, match="dirtier"):
        build(tmp_path, tmp_path / "manifest.json", dirtier=1000)


def test_progress_is_told(lake: Lake) -> None:
    """A complete lake says so, with its totals."""
    told: list[str] = []
    build(
        lake.path,
        lake.manifest,
        first=FIRST,
        last=LAST,
        households=HOUSEHOLDS,
        dirtier=DIRTIER,
        progress=told.append,
    )
    assert f"{(2 + len(PATTERNS)) * 17} files of 17 days" in told[-1]


def test_an_interrupt_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("batch_assets.demo.__main__.build", interrupted)
    monkeypatch.setattr("sys.argv", ["demo", "build"])
    with pytest.raises(SystemExit, match="interrupted: the files written so far are complete"):
        main()
