"""What is kept beside the bytecode: found out once for a state of code, libraries and settings, and never needed."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from batch_assets import kept as module
from batch_assets.kept import kept
from batch_assets.settings import settings


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept in this test."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(module, "_path", lambda: tmp_path / "folder" / "kept.json")
    module._read.cache_clear()
    return tmp_path / "folder" / "kept.json"


@pytest.fixture
def find() -> Callable[[], int]:
    """Find another thing each time."""
    return itertools.count(1).__next__


def anew(name: str, find: Callable[[], int]) -> int:
    """Ask as a new process does."""
    module._read.cache_clear()
    return int(kept(name, find))


def test_it_is_found_out_once_for_all_processes(path: Path, find: Callable[[], int]) -> None:
    assert [kept("a", find), kept("b", find), anew("a", find), anew("b", find)] == [1, 2, 1, 2]
    assert [file.name for file in path.parent.iterdir()] == ["kept.json"]


def test_another_setting_or_another_code_finds_it_out_anew(path: Path, find: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert anew("a", find) == 1
    with monkeypatch.context() as patch:
        patch.setattr(settings, "time_zone", "Europe/Berlin")
        assert anew("a", find) == 2
    monkeypatch.setattr(module, "_code_state", lambda: "other code")
    assert anew("a", find) == 3
    assert anew("a", find) == 3


def test_the_order_of_a_set_does_not_count() -> None:
    days = '["2017-12-25", "2017-07-04", "2017-11-23", "2017-01-01", "2017-04-16"]'
    say = "from batch_assets.settings import settings; print([settings.written(name) for name in type(settings).model_fields])"
    told = {
        subprocess.run(
            [sys.executable, "-c", say],
            env={**os.environ, "BATCH_ASSETS_CLOSED_DAYS": days, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(told) == 1


def test_each_year_finds_it_out_anew(path: Path, find: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert anew("a", find) == 1
    monkeypatch.setattr(module, "_year", lambda: 2999)
    assert anew("a", find) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": 1}', '{"found": {"a": 9}}'])
def test_a_damaged_file_is_found_out_anew(path: Path, find: Callable[[], int], text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    assert [anew("a", find), anew("a", find)] == [1, 1]


def test_where_nothing_can_be_kept_it_is_found_out_each_time(path: Path, find: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.write_text("a file where the folder should be")
    assert [anew("a", find), anew("a", find)] == [1, 2]
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [kept("a", find), kept("a", find)] == [3, 4]


def test_the_code_state_is_of_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PACKAGE", tmp_path)
    states = set()
    for name, text in [("a.py", "1"), ("a.py", "2"), ("b.py", "2"), ("more/c.py", "3")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        module._code_state.cache_clear()
        states.add(module._code_state())
    module._code_state.cache_clear()
    assert len(states) == 4
