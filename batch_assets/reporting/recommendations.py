"""The latest recommendations of one household, as `python -m batch_assets recommendations` prints them."""

from pathlib import Path

import pandas as pd

from ..errors import BatchError
from ..settings import settings

_LISTS = {"repeat": "Bought before, and likely to be bought in the next 7 days", "discovery": "Never bought, and most likely to be"}


def recommendations(latest: Path, household: int | None = None) -> str:
    """Return both lists of a household in a file of recommendations, and where to find all of them.

    Args:
        latest: the file.
        household: its number; None for the one with full lists.

    Raises:
        BatchError: the file has no list of this household.
    """
    rows = pd.read_parquet(latest)
    household = _with_full_lists(rows) if household is None else household
    shown = rows[rows["household_id"] == household]
    if shown.empty:
        raise BatchError(
            f"{latest} has no list for household {household}: no purchases of it in the last 91 days are known. "
            f"Those that have one: select distinct household_id from '{latest}'"
        )
    lists = "\n\n".join(f"{title}\n{_table(shown[shown['list'] == name])}" for name, title in _LISTS.items())
    return (
        f"\nRecommendations at the end of {rows['batch_date'].max()} for household {household}\n\n{lists}\n\n"
        f"All {len(rows):,} rows, of {rows['household_id'].nunique():,} households:\n"
        f"  read at any time     {latest}\n"
        f"  in the warehouse     {settings.warehouse}: predictions.product_recommendations, predictions.product_recommendations_latest"
    )


def _with_full_lists(rows: pd.DataFrame) -> int | None:
    """Return the household with the longest lists which bought most lately what is on them."""
    found = (
        rows.groupby("household_id")
        .agg(length=("rank", "size"), days=("reason_days", "sum"))
        .sort_values(["length", "days"], ascending=[False, True], kind="stable")
    )
    return next(iter(found.index), None)


def _table(rows: pd.DataFrame) -> str:
    """Return a line for each product of a list."""
    shown = rows.sort_values("rank")
    width = max(shown["product"].str.len(), default=0)
    return "\n".join(f"{row.rank:>4}  {row.product_id:<9}  {row.product:<{width}}  {row.reason}" for row in shown.itertuples()) or "  nothing"
