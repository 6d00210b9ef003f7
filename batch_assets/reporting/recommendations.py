"""The latest recommendations of one customer, as `python -m batch_assets recommendations` prints them."""

from pathlib import Path

import pandas as pd

from ..errors import BatchError
from ..settings import settings

_LISTS = {"repeat": "Bought before, and likely to be bought in the next 7 days", "discovery": "Never bought, and most likely to be"}


def recommendations(latest: Path, customer: int | None = None) -> str:
    """Return both lists of a customer in a file of recommendations, and where to find all of them.

    Args:
        latest: the file.
        customer: its number; None for the one with full lists.

    Raises:
        BatchError: the file has no list of this customer.
    """
    rows = pd.read_parquet(latest)
    customer = _with_full_lists(rows) if customer is None else customer
    shown = rows[rows["customer_id"] == customer]
    if shown.empty:
        raise BatchError(
            f"{latest} has no list for customer {customer}: no purchases of it in the last 91 days are known. "
            f"Those that have one: select distinct customer_id from '{latest}'"
        )
    lists = "\n\n".join(f"{title}\n{_table(shown[shown['list'] == name])}" for name, title in _LISTS.items())
    return (
        f"\nRecommendations at the end of {rows['batch_date'].max()} for customer {customer}\n\n{lists}\n\n"
        f"All {len(rows):,} rows, of {rows['customer_id'].nunique():,} customers:\n"
        f"  read at any time     {latest}\n"
        f"  in the warehouse     {settings.warehouse}: predictions.product_recommendations, predictions.product_recommendations_latest"
    )


def _with_full_lists(rows: pd.DataFrame) -> int | None:
    """Return the customer with the longest lists who bought most of it again and again, and most lately."""
    found = (
        rows.assign(often=rows["reason_kind"] == "rhythm")
        .groupby("customer_id")
        .agg(length=("rank", "size"), often=("often", "sum"), days=("reason_days", "sum"))
        .sort_values(["length", "often", "days"], ascending=[False, False, True], kind="stable")
    )
    return next(iter(found.index), None)


def _table(rows: pd.DataFrame) -> str:
    """Return a line for each product of a list."""
    shown = rows.sort_values("rank")
    width = max(shown["product"].str.len(), default=0)
    return "\n".join(f"{row.rank:>4}  {row.product_id:<9}  {row.product:<{width}}  {row.reason}" for row in shown.itertuples()) or "  nothing"
