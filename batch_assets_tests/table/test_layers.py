"""The layers' folders: what is in them is found by its file's name, which is there once."""

import sys
from pathlib import Path

import pytest

from batch_assets.errors import DefinitionError
from batch_assets.table.layers import Layers

FILES = ("lake/clicks.py", "marts/visits.py", "marts/_shared.py", "marts/twice.py", "features/twice.py", "marts/__init__.py")


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Layers:
    """A package with a few files."""
    package = f"layers_of_{abs(hash(request.node.name))}"
    for file in FILES:
        path = tmp_path / package / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.stem} = '{file}'\n")
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Layers(package)


def test_a_thing_is_found_by_its_file(layers: Layers) -> None:
    assert (layers.layer_of("clicks"), layers.layer_of("visits")) == ("lake", "marts")
    assert layers.module_of("visits") == f"{layers.package}.marts.visits"
    assert layers.find("visits") == "marts/visits.py"


def test_a_file_that_begins_with_an_underscore_is_a_helper(layers: Layers) -> None:
    assert layers.names("marts") == ["twice", "visits"]
    assert layers.names("predictions") == []


@pytest.mark.parametrize(("name", "where"), [("nothing", "in no layer's folder"), ("twice", "in marts and features")])
def test_a_name_that_is_not_there_once_is_told(layers: Layers, name: str, where: str) -> None:
    with pytest.raises(DefinitionError, match=rf"^{name}: a file {name}\.py is {where} of {layers.package}; an upstream is named after its file"):
        layers.layer_of(name)
