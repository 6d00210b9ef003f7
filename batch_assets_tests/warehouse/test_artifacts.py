"""The store of models: a version is stored whole or not at all, never changed, and checked when it is read."""

import os
import subprocess
from collections.abc import Callable
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
    assert {name: text for name, text in forced.items() if name != "SHA256SUMS"} == {"model.txt": "trees", "card.json": "{}"}
    assert "SHA256SUMS" in forced


def test_files_that_are_lost_are_told_with_how_to_have_them_back(tmp_path: Path) -> None:
    with pytest.raises(
        UntrainedError, match=r"the files of m's version v are not in .*v\. Restore the folder, or materialize models/m of the day on which it was trained"
    ):
        Artifacts(tmp_path).all("m", "v")


FILES = {"model.txt": "trees\r\nof some kind\n", "card.json": "{}"}


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    """A store with one version."""
    store = Artifacts(tmp_path)
    store.put("m", "v", FILES)
    return store


def test_files_come_back_to_the_byte_and_their_list_is_one_that_sha256sum_reads(store: Artifacts) -> None:
    assert store.all("m", "v") == FILES
    assert store.all("m", "v", store.files_hash("m", "v")) == FILES
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=store.root / "m" / "v", check=True)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "model.txt").write_bytes(b"trees\r\nof some"), r"model\.txt was changed or cut off since it was stored \(14 bytes now\)"),
        (lambda folder: (folder / "model.txt").write_bytes(b"trees\nof some kind\n"), r"model\.txt was changed or cut off"),
        (lambda folder: (folder / "model.txt").write_bytes(b"\xff\xfe"), r"model\.txt was changed or cut off"),
        (lambda folder: (folder / "model.txt").write_bytes(b""), r"model\.txt was changed or cut off since it was stored \(0 bytes now\)"),
        (lambda folder: (folder / "model.txt").unlink(), r"model\.txt is missing"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), r"SHA256SUMS is missing or damaged"),
        (lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff"), r"SHA256SUMS is missing or damaged"),
    ],
)
def test_a_file_that_was_changed_is_told_and_nothing_is_taken_from_it(store: Artifacts, damage: Callable[[Path], object], told: str) -> None:
    damage(store.root / "m" / "v")
    what_to_do = r".*, in .*/m/v\. Bring the folder back from a backup, or remove it and materialize models/m of the day on which it was trained"
    with pytest.raises(UntrainedError, match=rf"^m, version v: {told}{what_to_do}"):
        store.all("m", "v")
    with pytest.raises(UntrainedError, match=rf"^m, version v: {told}{what_to_do}"):
        store.get("m", "v", "model.txt")


def test_a_file_that_is_not_among_a_versions_files_is_told(store: Artifacts) -> None:
    (store.root / "m" / "v" / "other.txt").write_text("other")
    assert set(store.all("m", "v")) == set(FILES)
    with pytest.raises(UntrainedError, match=r"other\.txt is not among its files"):
        store.get("m", "v", "other.txt")


def test_the_files_hash_is_of_names_and_bytes(store: Artifacts) -> None:
    for version, files in {"w": FILES, "x": {**FILES, "card.json": "{ }"}, "y": {"model.txt": FILES["model.txt"], "card": "{}"}}.items():
        store.put("m", version, files)
    one, same, *others = (store.files_hash("m", version) for version in "vwxy")
    assert one == same
    assert len({one, *others}) == 3


def test_files_that_go_together_but_are_not_those_of_the_models_row_are_told(store: Artifacts) -> None:
    store.put("m", "w", {"model.txt": "others"})
    with pytest.raises(UntrainedError, match=r"version w: SHA256SUMS is not what it was when models/m was published"):
        store.all("m", "w", store.files_hash("m", "v"))
