"""The documentation: every setting, command and check is mentioned on some page, links resolve, and examples work.

Pages are read as text. What they must mention is derived from the code, so a new setting or command has to be documented,
but needs no change here.
"""

import argparse
import ast
import datetime as dt
import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import batch_assets.__main__
import batch_assets.demo.__main__
import batch_assets.reporting.catalog
import batch_assets.reporting.engines
from batch_assets.orchestration.assets import CHECK
from batch_assets.orchestration.definitions import build_defs
from batch_assets.settings import Settings
from batch_assets.table.graph import Graph
from batch_assets.warehouse.connection import Warehouse
from batch_assets.warehouse.publication import publish

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *(ROOT / "docs").glob("*.md")])
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

COMMANDS: dict[str, Callable[[], object]] = {
    "python -m batch_assets": batch_assets.__main__.main,
    "python -m batch_assets.demo": batch_assets.demo.__main__.main,
    "python -m batch_assets.reporting.catalog": batch_assets.reporting.catalog.main,
    "python -m batch_assets.reporting.engines": batch_assets.reporting.engines.main,
}

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
DAYS = [dt.date(2017, 1, 1), dt.date(2017, 1, 2)]


class Asked(Exception):  # noqa: N818 - it is no error: it stops a command that has told its arguments
    """What a command understands, instead of what it does."""


def understood(command: Callable[[], object]) -> argparse.ArgumentParser:
    """Return a command's parser, without running the command."""

    def tell(parser: argparse.ArgumentParser, *_: object) -> None:
        raise Asked(parser)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", tell)
        with pytest.raises(Asked) as asked:
            command()
    parser: argparse.ArgumentParser = asked.value.args[0]
    return parser


def commands_and_options() -> Iterator[str]:
    """Yield every command, with its subcommand if it has some, and every option."""
    for name, command in COMMANDS.items():
        parser = understood(command)
        subcommands: dict[str, Any] = next((dict(action.choices) for action in parser._actions if isinstance(action, argparse._SubParsersAction)), {})
        yield from (f"{name} {subcommand}" for subcommand in subcommands)
        yield from () if subcommands else (name,)
        for each in (parser, *subcommands.values()):
            yield from (option for action in each._actions for option in action.option_strings if option not in ("-h", "--help"))


def make_targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    outside = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", outside, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def snippets(page: Path) -> list[str]:
    return [code for language, code in FENCED.findall(page.read_text(encoding="utf-8")) if language == "python"]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_named_on_a_page(name: str) -> None:
    assert f"`BATCH_ASSETS_{name.upper()}`" in TEXT


@pytest.mark.parametrize("name", dict.fromkeys([*commands_and_options(), *(f"make {target}" for target in make_targets())]))
def test_every_command_and_option_is_named_on_a_page(name: str) -> None:
    assert re.search(rf"[` ]{re.escape(name)}\b", TEXT)


def test_every_check_job_and_schedule_is_named_on_a_page() -> None:
    defs = build_defs()
    checks = [check for checks in defs.asset_checks or [] for check in [key.name for key in checks.check_keys]]
    names = [CHECK, *checks, *(job.name for job in defs.jobs or []), *(automated.name for automated in [*(defs.schedules or []), *(defs.sensors or [])])]
    assert [name for name in names if f"`{name}`" not in TEXT and f"**{name}**" not in TEXT] == []


@EACH_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    outside = FENCED.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", outside):
        if not target.startswith(("https://", "http://")):
            path, _, anchor = target.partition("#")
            found = (page.parent / path).resolve() if path else page
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target


@EACH_PAGE
def test_python_on_a_page_can_be_parsed(page: Path) -> None:
    for code in snippets(page):
        ast.parse(code)


@EACH_PAGE
def test_a_page_says_nothing_that_only_its_authors_know(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?i)\bissues?[ -]#?\d+|(?<![\w&])#\d+\b", text) == [], "a number of an issue"
    assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users|mnt)/\S*", text) == [], "a path of one machine"
    assert re.findall(r"(?i)\bpypi\.\w+|pythonhosted|/simple\b", text) == [], "a host of a registry"


def test_the_examples_of_contributing_are_a_graph_that_works(tmp_path: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in snippets(ROOT / "CONTRIBUTING.md"):
        path = tmp_path / code.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")
    for folder in (tmp_path / "my_shop", *(tmp_path / "my_shop").iterdir()):
        (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    lake = Path(warehouse.lake) / "returns"
    lake.mkdir(parents=True)
    for day in DAYS:
        (lake / f"{day}.csv.gz").write_bytes(gzip.compress(b"product_id,units,note\n7,3,broken\n8,1,\n7,many,\n"))
    graph = Graph("my_shop")
    published = {table.name: [publish(table, warehouse, [day], "run").batches[0] for day in DAYS] for table in graph.in_order()}
    assert [source.name for source in graph.sources()] == ["returns", "stock"]
    assert [(batch.kept, batch.rejected) for batch in published["returned_products"]] == [(2, 1), (2, 1)]
    assert [batch.total for batch in published["expected_returns"]] == [1.0, 6.0]
