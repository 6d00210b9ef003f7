"""The catalog: the one in docs is current, nothing is missing, and a file without a place for it is refused."""

from html import unescape
from pathlib import Path

import pytest

from batch_assets.ingest.lakefile import LakeFile
from batch_assets.reporting.catalog import BEGIN, END, catalog, main, renewed
from batch_assets.table.graph import configured_graph
from batch_assets.table.table import Table

PAGE = Path(__file__).parents[2] / "docs" / "catalog.md"
GRAPH = configured_graph()


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text) == text, "docs/catalog.md shows tables as they were: run `make catalog`"


@pytest.mark.parametrize("table", list(GRAPH.tables()), ids=lambda table: table.name)
def test_a_table_is_there_with_its_grain_inputs_and_columns(table: Table) -> None:
    lines = [unescape(line) for line in catalog().splitlines()]
    (row,) = [line for line in lines if line.startswith(f"| **{table.name}** |")]
    assert ", ".join(table.contract.grain()) in row
    assert all(name in row for name in table.reads)
    fold = lines.index(f"<details><summary>columns of {table.name}</summary>")
    shown = lines[fold : lines.index("</details>", fold)]
    for name, column in table.contract.columns().items():
        assert any(line.startswith(f"| `{name}` |") and str(column.description) in line for line in shown), name


@pytest.mark.parametrize("source", list(GRAPH.sources()), ids=lambda source: source.name)
def test_a_source_is_there_with_its_file_and_fields(source: LakeFile) -> None:
    text = unescape(catalog())
    assert f"`{source.pattern}`" in text
    for name, meaning in source.columns.items():
        assert f"| `{name}` | {meaning}{' (**private**)' if name in source.private else ''} |" in text


@pytest.mark.parametrize("name", GRAPH.layers.names("checks"))
def test_a_check_is_there(name: str) -> None:
    assert f"| **{name}** |" in catalog()


def test_the_graph_has_an_arrow_for_every_read() -> None:
    arrows = [line.split() for line in catalog().splitlines() if "->" in line]
    assert sorted((start, end) for start, _, end in arrows) == sorted(
        (f"t_{name}", f"t_{table.name}") for table in [*GRAPH.tables(), *GRAPH.today()] for name in table.reads
    )


def test_only_what_is_between_the_markers_changes(tmp_path: Path) -> None:
    file = tmp_path / "catalog.md"
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert main([str(file)]) == 0
    once = file.read_text()
    assert main([str(file)]) == 0
    assert file.read_text() == once == f"before\n{BEGIN}\n\n{catalog()}\n\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_file_without_a_place_for_it_is_left_alone(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "catalog.md"
    file.write_text(text)
    assert main([str(file)]) == 1
    assert file.read_text() == text
    assert BEGIN in capsys.readouterr().err
