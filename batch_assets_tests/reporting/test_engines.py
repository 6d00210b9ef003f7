"""What is made where: the page is current, and says of a table that Spark cannot make why."""

from pathlib import Path

import pytest

from batch_assets.engine.spark.alike import ALIKE
from batch_assets.engine.spark.compile import compiled
from batch_assets.reporting import engines
from batch_assets.reporting.engines import BEGIN, END, main
from batch_assets.reporting.markdown import put_between
from batch_assets.table.graph import configured_graph

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert put_between(text, BEGIN, END, engines.engines()) == text, (
        "docs/engines.md shows tables as they were: run `python -m batch_assets.reporting.engines docs/engines.md`"
    )


def test_every_table_is_there_with_its_form() -> None:
    lines = engines.engines().splitlines()
    for table in configured_graph().tables():
        (line,) = [line for line in lines if line.startswith(f"| {table.asset} |")]
        assert ("in the process that publishes" in line) is table.is_generator
        assert ("by Spark's workers" in line) is table.is_map


def test_a_table_that_spark_cannot_make_is_there_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_assets.engine.spark.compile.ALIKE", ALIKE - {"Lag"})
    compiled.cache_clear()
    assert (
        "| marts.category_moves | expression | not: marts.category_moves: cannot be made on Spark, since its expression uses Lag of Ibis" in engines.engines()
    )
    compiled.cache_clear()


def test_a_page_without_a_place_for_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(BEGIN)
    assert main([str(page)]) == 1
    assert page.read_text() == BEGIN
    assert BEGIN in capsys.readouterr().err
