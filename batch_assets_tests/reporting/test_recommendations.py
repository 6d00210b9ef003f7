"""The recommendations of a household, as they are printed."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from batch_assets.errors import BatchError
from batch_assets.reporting.recommendations import recommendations


@pytest.fixture
def latest(tmp_path: Path) -> Path:
    """A file with the lists of two households, of which the second shops more often."""
    lists = [(1, "repeat", 9), (1, "discovery", None), (2, "repeat", 1), (2, "discovery", None), (3, "repeat", 0)]
    row = {"batch_date": dt.date(2017, 1, 9), "rank": 1, "product_id": 7, "product": "MILK"}
    rows = [row | {"household_id": household, "list": name, "reason_days": days, "reason": f"why {household}"} for household, name, days in lists]
    pd.DataFrame(rows).to_parquet(tmp_path / "latest.parquet")
    return tmp_path / "latest.parquet"


def test_a_household_has_both_lists_with_reasons(latest: Path) -> None:
    told = recommendations(latest, 1)
    assert "at the end of 2017-01-09 for household 1" in told
    assert told.count("   1  7          MILK  why 1") == 2


def test_without_a_number_it_is_one_with_full_lists_that_shopped_lately(latest: Path) -> None:
    assert "for household 2" in recommendations(latest)


def test_a_household_that_is_not_known_is_told(latest: Path) -> None:
    with pytest.raises(BatchError, match="has no list for household 9: no purchases of it in the last 91 days are known"):
        recommendations(latest, 9)
