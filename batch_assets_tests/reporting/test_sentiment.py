"""The command `sentiment` shows what fell and what rose, and why."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from batch_assets.__main__ import main
from batch_assets.reporting.sentiment import sentiment
from batch_assets.settings import settings

DAY = dt.date(2017, 12, 26)


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    """Write a file of changes; what is not given is the same for all."""
    given = {"batch_date": DAY, "reviews": 5, "reviews_before": 9, "lower": -0.5, "upper": 0.1, "is_clear": False, "category": "COFFEE"}
    path = folder / "latest" / "sentiment_changes.parquet"
    path.parent.mkdir(parents=True)
    pd.DataFrame([given | row for row in rows]).to_parquet(path)
    return path


def change(product: int, before: float, now: float, *phrases: tuple[str, float], **fields: Any) -> dict[str, Any]:
    """Return the change of a product."""
    said = [{"phrase": phrase, "reviews": 1, "adds": adds} for phrase, adds in phrases]
    return {"product_id": product, "sentiment_before": before, "sentiment": now, "change": now - before, "phrases": said, **fields}


def test_products_are_shown_with_the_largest_change_first_and_why(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        change(1, 0.8, 0.7, ("bag", -0.1)),
        change(2, 0.8, 0.3, ("stale", -0.9), ("bad", -0.5), ("bland", -0.3), ("dear", -0.1), is_clear=True),
        change(3, 0.5, 0.9, ("great", 0.8), category=None),
        change(4, 0.9, 0.1, ("never", -2.0), reviews=2),
        change(5, 0.6, 0.6),
    )
    fell, rose = sentiment(path).split("Fell")[1].split("Rose")
    first, second = fell.strip().splitlines()[1:]
    assert " ".join(first.split()) == "COFFEE 2 5, 9 before 0.80 -> 0.30 * -0.50 to +0.10 stale (-0.90), bad (-0.50), bland (-0.30)"
    assert " 1 " in second
    assert "never" not in fell
    assert "not in catalogue" in rose.splitlines()[1]
    assert "great (+0.80)" in rose
    assert "All 5 products" in rose


def test_nothing_that_rose_is_said_in_words(tmp_path: Path) -> None:
    assert "Rose: none of the products" in sentiment(written(tmp_path, change(1, 0.8, 0.7)))


def test_without_reviews_the_command_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(settings, "published", tmp_path)
    assert main(["sentiment"]) == 1
    assert "There are no changes of sentiment yet" in capsys.readouterr().err
    written(tmp_path, change(1, 0.8, 0.7))
    assert main(["sentiment"]) == 0
    assert "COFFEE" in capsys.readouterr().out
