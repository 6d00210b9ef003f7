"""The code version changes with what the code does, in its own module or one it imports, and with nothing else."""

import datetime as dt
import sys
from pathlib import Path

import pytest

import batch_assets.table.code_version as module
from batch_assets.settings import settings
from batch_assets.table.graph import Graph

from .. import shop

_CODE = '"""Doc."""\nfrom . import helper\n\ndef made(x):\n    """Say."""\n    return x + 1  # one more\n'
_HELPER = "def help(x):\n    return x\n"


def code_of_tables() -> dict[str, str]:
    """Return the code version of every table of the shop, found anew."""
    for cached in (module.code_version, module._read, module._path):
        cached.cache_clear()
    return {table.name: table.code for table in Graph(shop.PACKAGE).tables()}


def restated(monkeypatch: pytest.MonkeyPatch, changed: str) -> set[str]:
    """Return the tables whose version changes with the code of the modules whose names end so."""
    before, read = code_of_tables(), module._read
    with monkeypatch.context() as patch:
        patch.setattr(module, "_read", lambda name: module._Module([], [], "changed") if name.endswith(changed) else read(name))
        module.code_version.cache_clear()
        after = {table.name: table.code for table in Graph(shop.PACKAGE).tables()}
    module.code_version.cache_clear()
    return {name for name in before if after[name] != before[name]}


def version(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str = _CODE, helper: str = _HELPER) -> str:
    """Return the version of a module in a package of two."""
    package = folder / "somewhere"
    package.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "made.py").write_text(code)
    (package / "helper.py").write_text(helper)
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.startswith("somewhere")]:
        del sys.modules[name]
    for cached in (module.code_version, module._read, module._path):
        cached.cache_clear()
    return module.code_version("somewhere.made")


def test_comments_docstrings_and_layout_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = '"""Other."""\nfrom . import helper\n\n\ndef made(x):\n    """Tell."""\n    return (x + 1)\n'
    assert version(tmp_path, monkeypatch) == version(tmp_path, monkeypatch, code=other)


def test_the_docstring_of_a_constant_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'LIMIT = {}\n"""{}"""\n'
    first = version(tmp_path, monkeypatch, code=code.format(1, "How many."))
    assert version(tmp_path, monkeypatch, code=code.format(1, "How many at most.")) == first
    assert version(tmp_path, monkeypatch, code=code.format(2, "How many.")) != first


def test_descriptions_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from .helper import Field\n\nunits = Field(ge={}, description='{}')\n"
    first = version(tmp_path, monkeypatch, code=code.format(0, "pieces"))
    assert version(tmp_path, monkeypatch, code=code.format(0, "pieces sold")) == first
    assert version(tmp_path, monkeypatch, code=code.format(1, "pieces")) != first


def test_an_argument_that_is_called_description_counts_where_it_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def made(rows):\n    return rows.mutate(description='{}')\n"
    assert version(tmp_path, monkeypatch, code=code.format("one")) != version(tmp_path, monkeypatch, code=code.format("two"))


@pytest.mark.parametrize(
    "line",
    [
        "from . import helper",
        "from .helper import help",
        "from . import helper as h",
        "from somewhere import helper",
        "from somewhere.helper import help",
        "import somewhere.helper",
        "import somewhere.helper as h",
    ],
)
def test_code_that_is_imported_counts_however_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    code = f"{line}\n\ndef made(x):\n    return x\n"
    assert version(tmp_path, monkeypatch, code=code) != version(tmp_path, monkeypatch, code=code, helper="def help(x):\n    return -x\n")


def test_a_setting_counts_for_the_tables_that_use_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_of_tables()
    with monkeypatch.context() as patch:
        patch.setattr(settings, "retrain_weekday", "Friday")
        assert {name for name, code in code_of_tables().items() if code != before[name]} == {"mean_model"}
    assert code_of_tables() == before


@pytest.mark.parametrize(
    ("changed", "tables"),
    [
        (".formats.csv", {"shelf_counts"}),
        (".formats.parquet", {"shelf_kinds"}),
        (".ingest.lakefile", {"shelf_counts", "shelf_kinds"}),
        (".lake.counts", {"shelf_counts"}),
        (".expressions.text", {"shelf_counts", "shelf_kinds"}),
        (".shop.features.next_days", {"next_days"}),
    ],
)
def test_how_rows_are_read_and_made_counts_for_those_that_it_makes(monkeypatch: pytest.MonkeyPatch, changed: str, tables: set[str]) -> None:
    assert restated(monkeypatch, changed) == tables


@pytest.mark.parametrize("room", ["table.table", "engine.duckdb", "warehouse.publication", "orchestration.assets", "reporting.preview", "errors", "settings"])
def test_the_machines_rooms_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str) -> None:
    code = f"import batch_assets.{room}\nfrom batch_assets.{room} import anything\n"
    version(tmp_path, monkeypatch, code=code)
    assert module._closure(["somewhere.made"]) == ["somewhere.made"]


def test_the_graphs_own_package_is_followed_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import json, ibis\nfrom batch_assets.expressions import text\nfrom . import helper\n"
    version(tmp_path, monkeypatch, code=code)
    assert module._closure(["somewhere.made"]) == ["batch_assets.expressions.text", "somewhere.helper", "somewhere.made"]


def test_code_counts_here_and_in_what_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = version(tmp_path, monkeypatch)
    assert version(tmp_path, monkeypatch, code=_CODE.replace("x + 1", "x + 2")) != first
    assert version(tmp_path, monkeypatch, helper=_HELPER.replace("return x", "return 2 * x")) != first


def test_a_setting_counts_if_rows_depend_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from .settings import settings\n\ndef made():\n    return settings.{}\n"
    versions = {}
    for name, other in {"retrain_weekday": "Friday", "closed_days": frozenset({dt.date(2017, 7, 4)}), "lock_timeout": 1.0}.items():
        before = version(tmp_path, monkeypatch, code=code.format(name))
        with monkeypatch.context() as patch:
            patch.setattr(settings, name, other)
            versions[name] = version(tmp_path, monkeypatch, code=code.format(name)) != before
    assert versions == {"retrain_weekday": True, "closed_days": True, "lock_timeout": False}
