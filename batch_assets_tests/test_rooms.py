"""The rooms (subpackages): which may import which, and which work without Dagster.

Every import counts, including those inside functions, and each violation is reported with its file and line. The rules themselves
are tested on lines that break them, since a rule that detects nothing would be useless.
"""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import batch_assets

ROOT = Path(batch_assets.__path__[0])
OURS = ROOT.name

ORDER = (
    ("content", "settings", "partitions", "errors", "durable"),
    ("expressions",),
    ("ingest",),
    ("landing", "streams"),
    ("table",),
    ("engine",),
    ("warehouse",),
    ("reporting",),
    ("orchestration", "beam"),
    ("automation", "checks"),
    ("definitions", "__main__"),
)
"""The machine's rooms, from the ground up: each may import from its own row and from those before it."""

LAYERS = ("lake", "marts", "features", "models", "predictions", "today")
"""The retailer's rooms, from raw to ready; last, what is seen of a day while it lasts."""

HEIGHT = {room: height for height, row in enumerate(ORDER) for room in row}
GROUND = ORDER[0]
WITHOUT_DAGSTER = (*GROUND, "expressions", "ingest", "landing", "streams", "table", "engine", "warehouse", "reporting", "beam", *LAYERS)
OF_IBIS = (f"{OURS}.engine.ibis_private", f"{OURS}.engine.spark.ibis_private")
SPARK = f"{OURS}.engine.spark"
MOST_MODULES_AT_THE_ROOT = 8
LEAST_WORDS = 6


@dataclass(frozen=True)
class Use:
    """What a module uses of another: an import, or a name after a dot that is another's.

    Attributes:
        module: the module's full name.
        target: the full name of the module of ours that it imports, or of what it takes from another package; or the name after a dot, whole.
        place: file and line.
        is_import: whether it is an import.
    """

    module: str
    target: str
    place: str
    is_import: bool = True

    @property
    def room(self) -> str:
        """The room of the module."""
        return _room(self.module)

    @property
    def entered(self) -> str | None:
        """The room of ours from which it imports, if it does."""
        return _room(self.target) if self.is_import and _is_in(self.target, OURS) else None


def imports_upwards(use: Use) -> bool:
    """A room imports only from those below it; the retailer's layers are found by their files, and named by checks alone."""
    if use.room not in HEIGHT or use.entered is None:
        return False
    return HEIGHT.get(use.entered, 0) > HEIGHT[use.room] or (use.entered in LAYERS and use.room != "checks")


def knows_dagster(use: Use) -> bool:
    """The machine and the layers work without Dagster."""
    return use.is_import and use.target.startswith("dagster") and use.room in WITHOUT_DAGSTER


def names_duckdb(use: Use) -> bool:
    """DuckDB is known to the engine and the warehouse alone."""
    return _is_in(use.target, "duckdb", "ibis.duckdb", "ibis.backends.duckdb") and use.room not in ("engine", "warehouse")


def knows_kafka(use: Use) -> bool:
    """Kafka's client is an extra, and known to one module alone, and to the demo's tills and their broker."""
    return use.is_import and _is_in(use.target, "confluent_kafka") and use.module != f"{OURS}.streams.broker" and not _is_in(use.module, f"{OURS}.demo.stream")


def knows_pubsub(use: Use) -> bool:
    """Pub/Sub's client is an extra, and known to one module alone."""
    return use.is_import and _is_in(use.target, "google") and use.module != f"{OURS}.streams.subscriber"


def knows_beam(use: Use) -> bool:
    """Beam is an extra with an environment of its own, and known to its room alone, which nothing imports."""
    return use.is_import and use.room != "beam" and (_is_in(use.target, "apache_beam") or use.entered == "beam")


def names_delta(use: Use) -> bool:
    """Delta is known to one room alone, which is an extra, and only the store that is asked for it imports it."""
    is_inside = _is_in(use.module, f"{OURS}.warehouse.delta")
    return (
        use.is_import
        and not is_inside
        and (_is_in(use.target, "deltalake") or (_is_in(use.target, f"{OURS}.warehouse.delta") and use.module != f"{OURS}.warehouse.store"))
    )


def layer_knows_the_machine(use: Use) -> bool:
    """A layer imports of this package only the ground, expressions, what a table is, and layers at or below its own; lake/ also raw files and streams."""
    if use.room not in LAYERS or use.entered is None:
        return False
    below = LAYERS[: LAYERS.index(use.room) + 1]
    return use.entered not in (*GROUND, "expressions", "table", *below, *(["ingest", "streams"] if use.room == "lake" else []))


def uses_dagsters_private_parts(use: Use) -> bool:
    """Private parts of Dagster are used in one module, which a test watches."""
    is_private = use.is_import and (use.target.startswith("dagster._") or _is_in(use.target, "dagster_shared"))
    return is_private and use.module != f"{OURS}.orchestration.dagster_private"


def uses_ibis_private_parts(use: Use) -> bool:
    """Private parts of Ibis are used in one module for each engine, which a test watches; only column lineage also looks into expressions."""
    if use.module in OF_IBIS or not use.is_import:
        return False
    return _is_in(use.target, "ibis.backends.sql") or (_is_in(use.target, "ibis.expr.operations") and use.module != f"{OURS}.table.lineage")


def uses_private_names(use: Use) -> bool:
    """A name after a dot that begins with an underscore is the module's own."""
    name = use.target.rpartition(".")[2]
    is_private = name.startswith("_") and not name.endswith("__")
    return is_private and not use.is_import and use.module not in (*OF_IBIS, f"{OURS}.orchestration.dagster_private")


def knows_spark(use: Use) -> bool:
    """Spark's libraries are known to its engine alone, and its engine to the choice between engines, and to the page that says what it can do."""
    if not use.is_import or _is_in(use.module, SPARK):
        return False
    return _is_in(use.target, "pyspark", "pysail", *([] if use.module == f"{OURS}.streams.subscriber" else ["grpc"])) or (
        _is_in(use.target, SPARK) and use.module not in (f"{OURS}.engine.choice", f"{OURS}.reporting.engines")
    )


def needs_the_demo(use: Use) -> bool:
    """Only the demo imports the demo."""
    return use.entered == "demo" and use.room != "demo"


RULES: Sequence[Callable[[Use], bool]] = (
    imports_upwards,
    knows_dagster,
    names_duckdb,
    knows_kafka,
    knows_pubsub,
    knows_beam,
    names_delta,
    layer_knows_the_machine,
    uses_dagsters_private_parts,
    uses_ibis_private_parts,
    uses_private_names,
    knows_spark,
    needs_the_demo,
)


def uses_of(path: Path, code: str) -> Iterator[Use]:
    """Yield what the code in a file uses of other modules."""
    module, tree = _module(path), ast.parse(code)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    own = _names_of_its_own(tree)
    for node in ast.walk(tree):
        place = f"{path.relative_to(ROOT.parent)}:{getattr(node, 'lineno', 0)}"
        yield from (Use(module, target, place) for target in _imported(node, package))
        if isinstance(node, ast.Attribute) and node.attr not in own:
            yield Use(module, ast.unparse(node), place, is_import=False)


def _imported(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [_module_in(alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        return [_module_in(".".join([*above, *filter(None, [node.module]), alias.name])) for alias in node.names]
    return []


def _module_in(name: str) -> str:
    """Return the module of ours that a name is, or lies in; the name itself if it is another's."""
    path = ROOT.parent.joinpath(*name.split("."))
    return name if not _is_in(name, OURS) or path.with_suffix(".py").exists() or path.is_dir() else name.rpartition(".")[0]


def _names_of_its_own(tree: ast.AST) -> set[str]:
    """Return the names that a module defines: functions, classes, fields, and what it stores after a dot."""
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    stored = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    fields = {node.target.id for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    return defined | stored | fields


def _module(path: Path) -> str:
    return ".".join([OURS, *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


def _room(module: str) -> str:
    """Return the folder at the package's root that a module is in, or the module itself if it lies there."""
    return [*module.split("."), "__init__"][1]


def _is_in(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


FILES = sorted(ROOT.rglob("*.py"))
USES = [use for path in FILES for use in uses_of(path, path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("is_broken_by", RULES, ids=[rule.__name__ for rule in RULES])
def test_no_line_breaks_a_rule(is_broken_by: Callable[[Use], bool]) -> None:
    offences = [f"{use.place}: {use.module} uses {use.target}" for use in USES if is_broken_by(use)]
    assert not offences, "\n".join([str(is_broken_by.__doc__), *offences])


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("content.py", "from .partitions import window\nfrom .table import table", imports_upwards),
        ("table/table.py", "from ..engine.duckdb import DuckDB", imports_upwards),
        ("ingest/lakefile.py", "def later():\n    from ..table.table import Table", imports_upwards),
        ("warehouse/plan.py", "from .. import reporting", imports_upwards),
        ("engine/compile.py", f"import {OURS}.warehouse.ledger as ledger", imports_upwards),
        ("reporting/catalog.py", "from ..lake.anything import anything", imports_upwards),
        ("automation/daily.py", "from .. import definitions", imports_upwards),
        ("engine/duckdb.py", "def stage():\n    import dagster as dg", knows_dagster),
        ("reporting/preview.py", "from dagster_duckdb import DuckDBResource", knows_dagster),
        ("marts/anything.py", "import dagster", knows_dagster),
        ("table/lineage.py", "import duckdb", names_duckdb),
        ("orchestration/assets.py", "from ibis.backends.duckdb import Backend", names_duckdb),
        ("features/anything.py", "import ibis\nrows = ibis.duckdb.connect()", names_duckdb),
        ("streams/lander.py", "from confluent_kafka import Consumer", knows_kafka),
        ("streams/subscribed.py", "from google.cloud.pubsub_v1 import SubscriberClient", knows_pubsub),
        ("engine/standalone.py", "import apache_beam as beam", knows_beam),
        ("__main__.py", "from .beam.pipeline import forecasts", knows_beam),
        ("warehouse/commit.py", "from deltalake import DeltaTable", names_delta),
        ("warehouse/connection.py", "def store():\n    from .delta.tables import DeltaTables", names_delta),
        ("marts/anything.py", "from ..engine.duckdb import published", layer_knows_the_machine),
        ("marts/anything.py", "from ..ingest.lakefile import LakeFile", layer_knows_the_machine),
        ("marts/anything.py", "from ..features.other import other", layer_knows_the_machine),
        ("predictions/anything.py", "from ..warehouse.artifacts import Artifacts", layer_knows_the_machine),
        ("orchestration/assets.py", "from dagster._core.events import RunFailureReason", uses_dagsters_private_parts),
        ("automation/daily.py", "import dagster_shared.serdes", uses_dagsters_private_parts),
        ("engine/compile.py", "from ibis.backends.sql.datatypes import DuckDBType", uses_ibis_private_parts),
        ("engine/compile.py", "from ibis.expr import operations as ops", uses_ibis_private_parts),
        ("table/lineage.py", "import ibis.backends.sql", uses_ibis_private_parts),
        ("engine/duckdb.py", "def read(con):\n    con._run_pre_execute_hooks(1)", uses_private_names),
        ("engine/duckdb.py", "def later():\n    from pyspark.sql import SparkSession", knows_spark),
        ("warehouse/publication.py", "from ..engine.spark.engine import Spark", knows_spark),
        ("settings.py", "from . import demo", needs_the_demo),
        ("checks/anything.py", "from ..demo.files import place", needs_the_demo),
    ],
)
def test_a_rule_sees_the_line_that_breaks_it(file: str, line: str, rule: Callable[[Use], bool]) -> None:
    broken = [(use.place.rpartition(":")[2], is_broken_by) for use in uses_of(ROOT / file, line) for is_broken_by in RULES if is_broken_by(use)]
    assert (str(line.count("\n") + 1), rule) in broken


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("lake/anything.py", "from ..ingest.lakefile import LakeFile"),
        ("predictions/anything.py", "from ..features.other import other\nfrom ..table.table import table\nfrom ..settings import settings"),
        ("warehouse/audit.py", "import duckdb\nfrom ..engine.staging import KEPT"),
        ("orchestration/resource.py", "from dagster_duckdb import DuckDBResource"),
        ("table/lineage.py", "import ibis.expr.operations as ops"),
        ("checks/anything.py", "from ..predictions.other import other"),
        ("engine/duckdb.py", "class DuckDB:\n    def __init__(self, con):\n        self._con = con\n    def con(self):\n        return self._con.__class__"),
    ],
)
def test_what_is_allowed_breaks_no_rule(file: str, line: str) -> None:
    assert [rule.__name__ for use in uses_of(ROOT / file, line) for rule in RULES if rule(use)] == []


def test_every_room_has_its_place_in_the_order() -> None:
    assert {_room(_module(path)) for path in FILES} <= {*HEIGHT, *LAYERS, "demo", "__init__"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    imports: dict[str, set[str]] = {_module(path): set() for path in FILES}
    for use in USES:
        if use.entered and use.target != use.module:
            imports[use.module].add(use.target)
    try:
        list(TopologicalSorter(imports).static_order())
    except CycleError as error:
        pytest.fail("a circle, each imported by the next: " + " <- ".join(error.args[1]))


def test_few_modules_lie_at_the_root() -> None:
    names = sorted(path.name for path in ROOT.glob("*.py"))
    assert len(names) <= MOST_MODULES_AT_THE_ROOT, f"{', '.join(names)}: find a room for what is not a way in or the ground"


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=lambda path: _module(path))
def test_a_room_opens_with_its_charter_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    charter = ast.get_docstring(tree) or ""
    assert charter.rstrip().endswith(".")
    assert len(charter.split()) >= LEAST_WORDS, f"{path}: say what the room knows, what belongs here and what does not"
    assert [ast.unparse(node) for node in tree.body[1:]] == [], f"{path}: a module of its own has room for this"


_PUBLISHES_WITHOUT = """
import sys
from pathlib import Path

class NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("dagster", "deltalake", "fsspec", "upath", "pyspark", "pysail", "grpc.", "confluent_kafka", "google", "apache_beam", "lignum")):
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, NotThere())

from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish
from batch_assets_tests import shop, shop_lake

folder = Path(sys.argv[1])
days = shop_lake.write_days(folder / "lake", 2)
warehouse = Warehouse(*(str(folder / name) for name in ("warehouse.duckdb", "lake", "published", "models")), lock_timeout=5)
for table in Graph(shop.PACKAGE).in_order():
    published = publish(table, warehouse, days, "run")
    print(table.asset, sum(batch.kept for batch in published.batches))
"""


def test_the_machine_publishes_where_dagster_and_the_extras_are_not_installed(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _PUBLISHES_WITHOUT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "predictions.expected_counts 12" in ran.stdout.splitlines()
