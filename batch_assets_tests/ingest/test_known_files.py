"""A file is read again exactly if it may be another: what is remembered is never wrong, and never needed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import batch_assets.ingest.known_files
from batch_assets.ingest.known_files import KnownFiles
from batch_assets.ingest.lakefile import file_version


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which files are read."""
    noted: list[str] = []

    def note_and_read(path: Path) -> str:
        noted.append(path.name)
        return file_version(path)

    monkeypatch.setattr(batch_assets.ingest.known_files, "file_version", note_and_read)
    return noted


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any file have been written long ago."""
    monkeypatch.setattr(batch_assets.ingest.known_files, "_SETTLED_NS", -(10**18))


def look(folder: Path, *names: str) -> list[str]:
    with KnownFiles(folder / "known") as known:
        return [known.version(folder / name) for name in names]


def rewritten(path: Path) -> None:
    status = path.stat()
    path.write_text("b")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(path: Path) -> None:
    status = path.stat()
    other = path.with_name("other")
    other.write_text("b")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def grown(path: Path) -> None:
    path.write_text("ab")


@pytest.mark.usefixtures("settled")
def test_an_unchanged_file_is_read_once(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "file").write_text("a")
    assert look(tmp_path, "file") == look(tmp_path, "file") == look(tmp_path, "file", "file")[:1] == [file_version(tmp_path / "file")]
    assert read == ["file"]
    assert stat.S_IMODE((tmp_path / "known").stat().st_mode) == 0o600


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", [rewritten, replaced, grown])
def test_a_changed_file_is_read_again_though_its_size_and_time_are_as_before(tmp_path: Path, read: list[str], change: Callable[[Path], None]) -> None:
    (tmp_path / "file").write_text("a")
    look(tmp_path, "file")
    change(tmp_path / "file")
    assert look(tmp_path, "file") == [file_version(tmp_path / "file")]
    assert read == ["file"] * 2


def test_a_file_that_was_written_just_now_is_read_again(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "file").write_text("a")
    look(tmp_path, "file")
    look(tmp_path, "file")
    assert read == ["file"] * 2


@pytest.mark.usefixtures("settled")
def test_what_is_remembered_may_be_damaged_or_in_no_place_to_write_to(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "known").write_text("not SQLite" * 100)
    assert look(tmp_path, "file") == look(tmp_path, "file") == [file_version(tmp_path / "file")]
    with KnownFiles(tmp_path / "no" / "such" / "folder") as known:
        assert known.version(tmp_path / "file") == file_version(tmp_path / "file")
    assert read == ["file"] * 3
