"""The code version changes with what the code of a table does, wherever that is written, and with nothing else."""

import datetime as dt
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from batch_assets.settings import Closing, Settings, settings
from batch_assets.table import code_closure, code_version, remembered, source_code
from batch_assets.table.graph import Graph
from batch_assets.table.source_code import Piece, Source

from .. import shop

_CODE = '"""Doc."""\nfrom . import helper\n\ndef made(x):\n    """Say."""\n    return helper.help(x) + 1  # one more\n'
_HELPER = "def help(x):\n    return x\n"


def forget(*, kept: bool = False) -> None:
    """Forget what was read, as a new process would have, and, unless `kept`, what processes remember."""
    if not kept:
        shutil.rmtree(remembered.folder, ignore_errors=True)
    for module in (code_version, code_closure, source_code, remembered):
        for name, cached in vars(module).items():
            if hasattr(cached, "cache_clear") and name != "_installed":
                cached.cache_clear()


@pytest.fixture(autouse=True)
def as_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave nothing that was read in a test."""
    monkeypatch.setattr(remembered, "folder", tmp_path / "remembered")
    forget()
    yield
    forget()


def code_of_tables() -> dict[str, str]:
    """Return the code version of every table of the shop, found anew."""
    forget()
    return {table.name: table.code for table in Graph(shop.PACKAGE).tables()}


class Changed(Piece):
    """A statement whose text is another."""

    def __init__(self, piece: Piece) -> None:
        """Change a statement."""
        super().__init__(piece._statement, piece._package)
        self.text = "changed"


def restated(monkeypatch: pytest.MonkeyPatch, changed: str) -> set[str]:
    """Return the tables whose version changes with all that the modules define whose names end so."""
    before, read = code_of_tables(), source_code.read

    def read_changed(module: str) -> Source:
        found = read(module)
        defined = {name: [Changed(piece) if module.endswith(changed) else piece for piece in pieces] for name, pieces in found.defined.items()}
        return Source(found.path, defined, found.imported, found.effects, found.knows_its_place, found.looks_itself_up)

    with monkeypatch.context() as patch:
        for module in (code_version, code_closure):
            patch.setattr(module, "read", read_changed)
        after = code_of_tables()
    return {name for name in before if after[name] != before[name]}


def version(folder: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str | bytes]) -> str:
    """Return the version of the module `somewhere.made` among files of these names and texts; those that are not named stay."""
    monkeypatch.syspath_prepend(str(folder))
    (folder / "somewhere").mkdir(exist_ok=True)
    (folder / "somewhere" / "__init__.py").touch()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    for name in [name for name in sys.modules if name.split(".")[0] in ("somewhere", "elsewhere")]:
        del sys.modules[name]
    forget()
    return code_version.code_version("somewhere.made")


@pytest.fixture
def changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Changes":
    """Say whether the version changes with a file."""
    return Changes(tmp_path, monkeypatch)


class Changes:
    """Says whether the version of `made` in a package changes when one of its files does."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Work in a folder."""
        self.folder, self.monkeypatch = folder, monkeypatch

    def __call__(self, files: Mapping[str, str | bytes], change: str, to: str | bytes) -> bool:
        """Write files, then change one."""
        before = version(self.folder, self.monkeypatch, files)
        return version(self.folder, self.monkeypatch, {change: to}) != before


MADE, HELP = "somewhere/made.py", "somewhere/helper.py"


# What a reader alone sees.


def test_comments_docstrings_and_layout_do_not_count(changes: Changes) -> None:
    other = '"""Other."""\nfrom . import helper\n\n\ndef made(x):\n    """Tell."""\n    return (helper.help(x) + 1)\n'
    assert not changes({MADE: _CODE, HELP: _HELPER}, MADE, other)


@pytest.mark.parametrize(
    "code",
    [
        'LIMIT = 1\n"""{}"""\n\ndef made(x):\n    return LIMIT\n',
        "def made(x):\n    n = 1\n    '''{}'''\n    return n\n",
        "def made(x):\n    if x:\n        '''{}'''\n        return 1\n    else:\n        '''{}'''\n        return 2\n",
        "def made(x):\n    try:\n        return 1\n    finally:\n        x = 1\n        '''{}'''\n",
        "def made(x):\n    for n in x:\n        yield n\n        '''{}'''\n    with x:\n        yield 1\n        '''{}'''\n",
        "async def made(x):\n    '''{}'''\n    return 1\n",
        "class made:\n    one: int\n    '''{}'''\n\n    def two(self):\n        '''{}'''\n        return 1\n",
        "from .helper import Field\n\nclass made:\n    one = Field(ge=0, description='{}')\n",
        "from .helper import LakeFile\n\nmade = LakeFile(name='made', description='{}', columns={{'a': '{}'}})\n",
        "from .helper import table\n\n@table(kinds=('{}',), measure='{}')\ndef made(x):\n    return x\n",
        "from .helper import table\n\ndef chart(x):\n    return '{}'\n\n@table(show=chart)\ndef made(x):\n    return x\n",
        "from .helper import table\n\ndef title(x):\n    return '{}'\n\ndef chart(x):\n    return title(x)\n\n@table(show=chart)\ndef made(x):\n    return x\n",
        "def tell(x):\n    return '{}'\n\ndef made(x):\n    return x\n",
        "def tell(x):\n    return '{}'\n\ndef made(tell):\n    return tell\n",
    ],
)
def test_a_better_wording_does_not_count(changes: Changes, code: str) -> None:
    helper = "Field = LakeFile = dict\n\ndef table(**_):\n    return lambda function: function\n"
    one, other = code.format("How many.", "a"), code.format("How many at most.", "b")
    assert not changes({MADE: one, HELP: helper}, MADE, other)


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("LIMIT = {}\n'''Doc.'''\n\ndef made(x):\n    return LIMIT\n", "1", "2"),
        ("from .helper import Field\n\nclass made:\n    one = Field(ge={}, description='n')\n", "0", "1"),
        ("def made(rows):\n    return rows.mutate(description='{}')\n", "one", "two"),
        ("from .helper import LakeFile\n\nmade = LakeFile(name='made', columns={{'{}': 'a'}})\n", "a", "b"),
        ("from .helper import table\n\n@table(lookback={{'x': {}}})\ndef made(x):\n    return x\n", "1", "2"),
        ("from .helper import table\n\ndef text(x):\n    return '{}'\n\n@table(show=text)\ndef made(x):\n    return text(x)\n", "one", "two"),
        ("from {} import loads\n\ndef made(x):\n    return loads(x)\n", "json", "pickle"),
        ("from json import {} as read\n\ndef made(x):\n    return read(x)\n", "loads", "dumps"),
        ("import {} as json\n\ndef made(x):\n    return json.loads(x)\n", "json", "pickle"),
        ("def made(x):\n    import {} as json\n    return json.loads(x)\n", "json", "pickle"),
        ("RATES = {{}}\nRATES['a'] = {}\n\ndef made(x):\n    return RATES\n", "1", "2"),
        ("RATES = []\nfor n in range({}):\n    RATES.append(n)\n\ndef made(x):\n    return RATES\n", "1", "2"),
        ("def rate(x={}):\n    return x\n\ndef made(x, y=rate):\n    return y(x)\n", "1", "2"),
        ("a, b = 1, {}\n\ndef made(x):\n    return a\n", "2", "3"),
        ("def rate():\n    return {}\n\ndef made(x):\n    return globals()['rate']()\n", "1", "2"),
    ],
)
def test_what_the_code_does_counts(changes: Changes, code: str, one: str, other: str) -> None:
    helper = "Field = LakeFile = dict\n\ndef table(**_):\n    return lambda function: function\n"
    assert changes({MADE: code.format(one), HELP: helper}, MADE, code.format(other))


# What is imported.


@pytest.mark.parametrize(
    ("line", "used"),
    [
        ("from . import helper", "helper.help(x)"),
        ("from .helper import help", "help(x)"),
        ("from .helper import help as h", "h(x)"),
        ("from .helper import *", "help(x)"),
        ("from . import helper as h", "h.help(x)"),
        ("from . import helper as h", "getattr(h, 'help')(x)"),
        ("from somewhere import helper", "helper.help(x)"),
        ("from somewhere.helper import help", "help(x)"),
        ("import somewhere.helper", "somewhere.helper.help(x)"),
        ("import somewhere.helper as h", "h.help(x)"),
        ("import importlib", "importlib.import_module('somewhere.helper').help(x)"),
        ("from importlib import import_module", "import_module('.helper', 'somewhere').help(x)"),
        ("", "__import__('somewhere.helper').helper.help(x)"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_code_that_is_imported_counts_however_it_is_imported(changes: Changes, line: str, used: str, *, inside: bool) -> None:
    if inside and "*" in line:
        return
    code = f"def made(x):\n    {line or 'pass'}\n    return {used}\n" if inside else f"{line}\n\ndef made(x):\n    return {used}\n"
    assert changes({MADE: code, HELP: _HELPER}, HELP, "def help(x):\n    return -x\n")


@pytest.mark.parametrize(
    "line", ["from .pack import N", "from .pack import N as n; N = n", "from . import pack; N = pack.N", "import somewhere.pack as p; N = p.N"]
)
def test_what_a_package_says_itself_counts(changes: Changes, line: str) -> None:
    code = f"{line}\n\ndef made(x):\n    return N\n"
    assert changes({MADE: code, "somewhere/pack/__init__.py": "N = 1\n"}, "somewhere/pack/__init__.py", "N = 2\n")


def test_what_a_package_takes_from_its_modules_counts(changes: Changes) -> None:
    files = {
        MADE: "from .pack import N\n\ndef made(x):\n    return N\n",
        "somewhere/pack/__init__.py": "from .inner import N\n",
        "somewhere/pack/inner.py": "N = 1",
    }
    assert changes(files, "somewhere/pack/inner.py", "N = 2")


def test_what_a_star_takes_of_a_package_counts(changes: Changes) -> None:
    files = {MADE: "from .pack import *\n\ndef made(x):\n    return inner.N\n", "somewhere/pack/__init__.py": "__all__ = ['inner']\n"}
    assert changes({**files, "somewhere/pack/inner.py": "N = 1"}, "somewhere/pack/inner.py", "N = 2")


@pytest.mark.parametrize("package", ["somewhere/__init__.py", "somewhere/pack/__init__.py"])
def test_what_the_packages_above_do_when_they_are_imported_counts(changes: Changes, package: str) -> None:
    files = {MADE: "from .pack.inner import N\n\ndef made(x):\n    return N\n", "somewhere/pack/__init__.py": "", "somewhere/pack/inner.py": "N = []"}
    files["somewhere/__init__.py"] = ""
    assert changes(files, package, "DONE = []\nDONE.append(1)\n")
    assert not changes(files, package, '"""Only a charter."""\nTELL = 1\n')


def test_what_an_import_does_counts_even_if_its_name_is_not_used(changes: Changes) -> None:
    files = {MADE: "from . import helper\nRATES = []\n\ndef made(x):\n    return RATES\n", HELP: "DONE = []\nDONE.append(1)\n"}
    assert changes(files, HELP, "DONE = []\nDONE.append(2)\n")


def test_what_registers_itself_counts(changes: Changes) -> None:
    files = {
        MADE: "from .helper import KNOWN\nfrom . import more\n\ndef made(x):\n    return KNOWN\n",
        HELP: "KNOWN = []\n\ndef known(f):\n    KNOWN.append(f)\n    return f\n",
    }
    more = "from .helper import known\n\n@known\ndef one(x):\n    return {}\n"
    assert changes({**files, "somewhere/more.py": more.format(1)}, "somewhere/more.py", more.format(2))


@pytest.mark.parametrize("name", ["settings", "contract", "errors", "table"])
def test_a_helper_that_is_called_like_a_module_of_the_machine_counts(changes: Changes, name: str) -> None:
    files = {MADE: f"from .{name} import N\n\ndef made(x):\n    return N\n", f"somewhere/{name}.py": "N = 1\n"}
    assert changes(files, f"somewhere/{name}.py", "N = 2\n")


def test_a_helper_in_another_package_of_ones_own_counts(changes: Changes) -> None:
    files = {MADE: "from elsewhere.rules import N\n\ndef made(x):\n    return N\n", "elsewhere/__init__.py": "", "elsewhere/rules.py": "N = 1\n"}
    assert changes(files, "elsewhere/rules.py", "N = 2\n")


def test_a_definition_that_is_not_used_does_not_count(changes: Changes) -> None:
    assert not changes({MADE: _CODE, HELP: _HELPER}, HELP, f"{_HELPER}\ndef tell():\n    return 'wording'\n")


def test_packages_that_are_installed_and_python_itself_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports = "import json, ibis, lightgbm\nfrom batch_assets.expressions.text import cents\nfrom . import helper\n"
    code = f"{imports}\ndef made(x):\n    return json, ibis, cents, helper\n"
    version(tmp_path, monkeypatch, {MADE: code, HELP: _HELPER})
    modules = {module for module, _ in code_closure.closure(("somewhere.made",))}
    assert modules == {"batch_assets", "batch_assets.expressions", "batch_assets.expressions.text", "somewhere", "somewhere.helper", "somewhere.made"}


@pytest.mark.parametrize("room", ["table.table", "engine.duckdb", "warehouse.publication", "orchestration.assets", "reporting.preview", "errors"])
def test_the_machines_rooms_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str) -> None:
    version(tmp_path, monkeypatch, {MADE: f"import batch_assets.{room}\nfrom batch_assets.{room} import anything\n\ndef made(x):\n    return anything\n"})
    assert {module for module, _ in code_closure.closure(("somewhere.made",))} == {"somewhere", "somewhere.made"}


@pytest.mark.parametrize(
    ("changed", "tables"),
    [
        (".formats.csv", {"shelf_counts"}),
        (".formats.parquet", {"shelf_kinds"}),
        (".ingest.lakefile", {"shelf_counts", "shelf_kinds"}),
        (".lake.counts", {"shelf_counts"}),
        (".expressions.text", {"shelf_counts", "shelf_kinds"}),
        (".shop.features.next_days", {"next_days"}),
        (".shop.models.mean_model", {"mean_model"}),
    ],
)
def test_how_rows_are_read_and_made_counts_for_those_that_it_makes(monkeypatch: pytest.MonkeyPatch, changed: str, tables: set[str]) -> None:
    assert restated(monkeypatch, changed) == tables


# Data files.


@pytest.mark.parametrize(
    ("used", "file"),
    [
        ("(Path(__file__).parent / 'rules.json').read_text()", "somewhere/rules.json"),
        ("(Path(__file__).parents[0] / 'rules').read_text()", "somewhere/rules"),
        ("open('/'.join([FOLDER, 'rules.json'])).read()", "somewhere/rules.json"),
        ("(Path(__file__).parent / '_rules' / 'a.json').read_text()", "somewhere/_rules/a.json"),
        ("(Path(__file__).parent / '_rules/a.json').read_text()", "somewhere/_rules/a.json"),
        ("[p.read_text() for p in (Path(__file__).parent / '_rules').glob('*')]", "somewhere/_rules/deep/a.json"),
        ("resources.files('somewhere').joinpath('rules.json').read_text()", "somewhere/rules.json"),
    ],
)
def test_a_data_file_that_the_code_names_counts(changes: Changes, used: str, file: str) -> None:
    code = f"from importlib import resources\nfrom pathlib import Path\n\nFOLDER = str(Path(__file__).parent)\n\ndef made(x):\n    return {used}\n"
    assert changes({MADE: code, file: "1"}, file, "2")
    assert not changes({MADE: code, file: "1"}, "somewhere/readme.txt", "2")


def test_a_data_file_above_the_module_counts(changes: Changes) -> None:
    inner = "from pathlib import Path\n\ndef help(x):\n    return (Path(__file__).parents[1] / 'rules.csv').read_text()\n"
    files = {MADE: "from .pack.inner import help\n\ndef made(x):\n    return help(x)\n", "somewhere/pack/__init__.py": "", "somewhere/pack/inner.py": inner}
    assert changes({**files, "somewhere/rules.csv": b"\xff"}, "somewhere/rules.csv", b"\xfe")


# Settings.


def used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> set[str]:
    """Return the settings that code uses."""
    version(tmp_path, monkeypatch, {MADE: code})
    return code_closure.settings_used("somewhere.made")


@pytest.mark.parametrize(
    ("line", "use", "names"),
    [
        ("from batch_assets.settings import settings", "settings.retrain_weekday", {"retrain_weekday"}),
        ("from batch_assets.settings import settings as s", "s.retrain_weekday", {"retrain_weekday"}),
        ("import batch_assets.settings", "batch_assets.settings.settings.retrain_weekday", set(Settings.model_fields)),
        ("from batch_assets import settings as s", "s.settings.retrain_weekday", set(Settings.model_fields)),
        ("from batch_assets.settings import settings", "settings.zone", {"time_zone"}),
        ("from batch_assets.settings import settings", "settings.outside(x)", {"first_day", "last_day"}),
        ("from batch_assets.settings import settings", "settings.written(x)", set(Settings.model_fields)),
        ("from batch_assets.settings import settings", "getattr(settings, x)", set(Settings.model_fields)),
        ("from batch_assets.settings import settings", "settings.model_dump()", set(Settings.model_fields)),
        ("from batch_assets.settings import WEEKDAYS", "WEEKDAYS", set()),
        ("from batch_assets.partitions import retrain_day", "retrain_day(x)", {"retrain_weekday"}),
    ],
)
def test_the_settings_that_are_used_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, use: str, names: set[str]) -> None:
    assert used(tmp_path, monkeypatch, f"{line}\n\ndef made(x):\n    return {use}\n") == names
    assert used(tmp_path, monkeypatch, f"def made(x):\n    {line}\n    return {use}\n") == names


def test_a_setting_counts_for_the_tables_that_use_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_of_tables()
    with monkeypatch.context() as patch:
        patch.setattr(settings, "retrain_weekday", "Friday")
        assert {name for name, code in code_of_tables().items() if code != before[name]} == {"mean_model"}
    assert code_of_tables() == before


@pytest.mark.parametrize(
    ("use", "name", "other", "counts"),
    [
        ("settings.retrain_weekday", "retrain_weekday", "Friday", True),
        ("settings.closed_days", "closed_days", {dt.date(2017, 7, 4): Closing()}, True),
        ("settings.zone", "time_zone", "Europe/Berlin", True),
        ("settings.outside(x)", "first_day", dt.date(2016, 1, 1), True),
        ("settings.outside(x)", "lock_timeout", 1.0, False),
        ("settings.lock_timeout", "lock_timeout", 1.0, False),
        ("settings.outside(x)", "memory_limit", "1GB", False),
        ("getattr(settings, x)", "memory_limit", "1GB", False),
        ("getattr(settings, x)", "lake", Path("/other"), False),
        ("getattr(settings, x)", "time_zone", "Europe/Berlin", True),
    ],
)
def test_a_setting_counts_if_rows_depend_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str, name: str, other: object, *, counts: bool) -> None:
    code = {MADE: f"from batch_assets.settings import settings\n\ndef made(x):\n    return {use}\n"}
    before = version(tmp_path, monkeypatch, code)
    monkeypatch.setattr(settings, name, other)
    assert (version(tmp_path, monkeypatch, code) != before) == counts


def test_the_order_of_closed_days_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = {MADE: "from batch_assets.settings import settings\n\ndef made(x):\n    return settings.closed_days\n"}
    days = [dt.date(2017, 1, n) for n in range(1, 9)]
    versions = set()
    for order in (days, days[::-1]):
        monkeypatch.setattr(settings, "closed_days", dict.fromkeys(order, Closing()))
        versions.add(version(tmp_path, monkeypatch, code))
    assert len(versions) == 1


def test_what_is_remembered_does_not_outlive_a_helper_in_a_package_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    files = {
        "somewhere/made.py": "from elsewhere.helper import help\n\ndef made(x):\n    return help(x)\n",
        "elsewhere/__init__.py": "",
        "elsewhere/helper.py": _HELPER,
    }
    before = version(tmp_path, monkeypatch, files)
    (tmp_path / "elsewhere" / "helper.py").write_text("def help(x):\n    return -x\n")
    forget(kept=True)
    assert code_version.code_version("somewhere.made") != before


def test_which_names_are_leftovers_is_no_part_of_a_version() -> None:
    parts = Graph("batch_assets_tests.shop").table("shelf_counts").code_parts
    assert any(".ingest.lakefile." in name for name in parts)
    assert not [name for name in parts if ".ingest.names." in name]
