"""Answers about the code are remembered as long as everything that they follow from stays as it is."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch_assets.settings import settings
from batch_assets.table import remembered as module
from batch_assets.table.remembered import remembered


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of a package `a_package`; answers lie elsewhere."""
    monkeypatch.setattr(module, "folder", tmp_path / "answers")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a_package" / "data").mkdir(parents=True)
    (tmp_path / "a_package" / "__init__.py").touch()
    as_in_a_new_process()
    yield tmp_path / "a_package"
    as_in_a_new_process()


def as_in_a_new_process() -> None:
    """Forget what this process knows."""
    for kept in (module._tree, module._answers, module._libraries):
        kept.cache_clear()


def asked_again(find: Callable[[], object], *, may_be_kept: bool = True) -> object:
    """Ask the question in a new process."""
    as_in_a_new_process()
    return remembered("what?", "a_package", find, may_be_kept=lambda: may_be_kept)


def test_an_answer_is_found_once(package: Path) -> None:
    assert asked_again(lambda: {"a": [["b", "c"]]}) == {"a": [["b", "c"]]}
    assert asked_again(lambda: "not asked") == {"a": [["b", "c"]]}
    assert remembered("another question", "a_package", lambda: "2", may_be_kept=lambda: True) == "2"
    assert asked_again(lambda: "not asked") == {"a": [["b", "c"]]}


@pytest.mark.parametrize("name", ["__init__.py", "new.py", "data/table.csv", "deeper/new.py"])
def test_another_file_of_the_package_is_another_question(package: Path, name: str) -> None:
    assert asked_again(lambda: "first") == "first"
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("x = 1")
    assert asked_again(lambda: "second") == "second"
    assert asked_again(lambda: "not asked") == "second"


def test_a_file_that_is_gone_or_renamed_is_another_question(package: Path) -> None:
    (package / "a.py").touch()
    assert asked_again(lambda: "first") == "first"
    (package / "a.py").rename(package / "b.py")
    assert asked_again(lambda: "second") == "second"
    (package / "b.py").unlink()
    assert asked_again(lambda: "third") == "third"


def test_another_setting_another_library_and_another_python_are_other_questions(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_again(lambda: "first") == "first"
    with monkeypatch.context() as patch:
        patch.setattr(settings, "time_zone", "Europe/Berlin")
        assert asked_again(lambda: "in Berlin") == "in Berlin"
    with monkeypatch.context() as patch:
        patch.setattr(module, "version", lambda name: "0")
        assert asked_again(lambda: "of another Ibis") == "of another Ibis"
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "4.0")
        assert asked_again(lambda: "of another Python") == "of another Python"


def test_bytecode_is_no_part_of_a_package(package: Path) -> None:
    assert asked_again(lambda: "first") == "first"
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "a.pyc").touch()
    assert asked_again(lambda: "not asked") == "first"


def test_an_answer_that_follows_from_more_than_the_package_is_not_kept(package: Path) -> None:
    assert asked_again(lambda: "first", may_be_kept=False) == "first"
    assert asked_again(lambda: "second", may_be_kept=False) == "second"


def test_an_answer_found_while_a_file_changed_is_not_kept(package: Path) -> None:
    def find() -> str:
        (package / "__init__.py").write_text("x = 1")
        return "of one or the other"

    assert asked_again(find) == "of one or the other"
    (package / "__init__.py").write_text("")
    assert asked_again(lambda: "of the first") == "of the first"


@pytest.mark.parametrize("content", ["", "[]", '{"key": 1}', "{"])
def test_a_file_that_is_not_ours_is_no_answer(package: Path, content: str) -> None:
    asked_again(lambda: "first")
    (path,) = module.folder.iterdir()
    path.write_text(content)
    assert asked_again(lambda: "second") == "second"
    assert json.loads(path.read_text())["answers"] == {"what?": "second"}


def test_where_nothing_can_be_written_the_answer_is_found_again(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module.folder.write_text("a file where the folder should be")
    assert asked_again(lambda: "first") == "first"
    assert asked_again(lambda: "second") == "second"
    module.folder.unlink()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert asked_again(lambda: "third") == "third"
    assert not module.folder.exists()
