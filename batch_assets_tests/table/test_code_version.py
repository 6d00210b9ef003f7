"""The code version changes with what the code does, in its own module or one it imports, and with nothing else."""

import datetime as dt
import sys
from pathlib import Path

import pytest

import batch_assets.table.code_version as module
from batch_assets.settings import settings
from batch_assets.table.layers import tables

_CODE = '"""Doc."""\nfrom . import helper\n\ndef made(x):\n    """Say."""\n    return x + 1  # one more\n'
_HELPER = "def help(x):\n    return x\n"


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


def test_descriptions_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from .helper import Field\n\nunits = Field(ge={}, description='{}')\n"
    first = version(tmp_path, monkeypatch, code=code.format(0, "pieces"))
    assert version(tmp_path, monkeypatch, code=code.format(0, "pieces sold")) == first
    assert version(tmp_path, monkeypatch, code=code.format(1, "pieces")) != first


def test_an_argument_that_is_called_description_counts_where_it_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "def made(rows):\n    return rows.mutate(description='{}')\n"
    assert version(tmp_path, monkeypatch, code=code.format("one")) != version(tmp_path, monkeypatch, code=code.format("two"))


@pytest.mark.parametrize("line", ["from . import helper", "from .helper import help", "from somewhere import helper", "from somewhere.helper import help"])
def test_code_that_is_imported_counts_however_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    code = f"{line}\n\ndef made(x):\n    return x\n"
    assert version(tmp_path, monkeypatch, code=code) != version(tmp_path, monkeypatch, code=code, helper="def help(x):\n    return -x\n")


def test_a_closed_day_is_of_the_calendar_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module.code_version.cache_clear()
    before = {table.name: table.code for table in tables()}
    with monkeypatch.context() as patch:
        patch.setattr(settings, "closed_days", frozenset({dt.date(2017, 7, 4)}))
        module.code_version.cache_clear()
        assert {table.name for table in tables() if table.code != before[table.name]} == {"target_calendar"}
    module.code_version.cache_clear()


def test_how_a_raw_source_is_read_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    module.code_version.cache_clear()
    before = {table.name: table.code for table in tables()}
    read = module._read
    changed = module._Module([], [], "read in another way")
    with monkeypatch.context() as patch:
        patch.setattr(module, "_read", lambda name: changed if name.endswith(".formats.csv") else read(name))
        module.code_version.cache_clear()
        assert {table.name for table in tables() if table.code != before[table.name]} == {"sales_lines"}
    module.code_version.cache_clear()


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
