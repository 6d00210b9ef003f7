"""The store of models: a version is stored whole or not at all, and never changed."""

import os
from pathlib import Path

import pytest

from batch_assets.errors import UntrainedError
from batch_assets.warehouse.artifacts import Artifacts


def test_a_version_has_its_files(tmp_path: Path) -> None:
    store = Artifacts(tmp_path)
    assert not store.has("m", "v")
    store.put("m", "v", {"model.txt": "trees", "card.json": "{}"})
    assert store.has("m", "v")
    assert store.get("m", "v", "model.txt") == "trees"


def test_a_version_that_is_there_is_kept(tmp_path: Path) -> None:
    store = Artifacts(tmp_path)
    store.put("m", "v", {"model.txt": "first"})
    store.put("m", "v", {"model.txt": "second"})
    assert store.get("m", "v", "model.txt") == "first"
    assert [p.name for p in (tmp_path / "m").iterdir()] == ["v"]


def test_a_version_that_was_not_written_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("No space left on device")

    store = Artifacts(tmp_path)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put("m", "v", {"model.txt": "trees"})
    assert not store.has("m", "v")


def test_every_file_of_a_version_is_on_the_disk_before_the_version_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, forced, fsync = Artifacts(tmp_path), dict[str, str](), os.fsync

    def noted(descriptor: int) -> None:
        assert not store.has("m", "v")
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_file():
            forced[path.name] = path.read_text()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    store.put("m", "v", {"model.txt": "trees", "card.json": "{}"})
    assert forced == {"model.txt": "trees", "card.json": "{}"}


def test_files_that_are_lost_are_told_with_how_to_have_them_back(tmp_path: Path) -> None:
    with pytest.raises(UntrainedError, match=r"the files of m's version v are not in .*v\. Restore the folder, or materialize models/m again for the day"):
        Artifacts(tmp_path).all("m", "v")
