"""The recommendations of a customer, as they are printed."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from batch_assets.errors import BatchError
from batch_assets.reporting.recommendations import recommendations


@pytest.fixture
def latest(tmp_path: Path) -> Path:
    """A file with the lists of some customers, of whom the second shops again and again, and lately, and the last two were there once."""
    lists = [
        *((1, "repeat", 9, "rhythm"), (1, "discovery", None, "popular"), (2, "repeat", 1, "rhythm"), (2, "discovery", None, "popular")),
        *((3, "repeat", 0, "rhythm"), (4, "repeat", 0, "bought"), (4, "discovery", None, "popular")),
    ]
    row = {"batch_date": dt.date(2017, 1, 9), "rank": 1, "product_id": 7, "product": "MILK"}
    rows = [
        row | {"customer_id": customer, "list": name, "reason_days": days, "reason_kind": kind, "reason": f"why {customer}"}
        for customer, name, days, kind in lists
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "latest.parquet")
    return tmp_path / "latest.parquet"


def test_a_customer_has_both_lists_with_reasons(latest: Path) -> None:
    told = recommendations(latest, 1)
    assert "at the end of 2017-01-09 for customer 1" in told
    assert told.count("   1  7          MILK  why 1") == 2


def test_without_a_number_it_is_one_with_full_lists_who_shops_again_and_again_and_lately(latest: Path) -> None:
    assert "for customer 2" in recommendations(latest)


def test_a_customer_that_is_not_known_is_told(latest: Path) -> None:
    with pytest.raises(BatchError, match="has no list for customer 9: no purchases of it in the last 91 days are known"):
        recommendations(latest, 9)
