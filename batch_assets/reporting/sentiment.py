"""What customers think otherwise of than before, as `python -m batch_assets sentiment` prints it."""

import sys
from pathlib import Path

import pandas as pd

from ..settings import settings

_PRODUCTS, _PHRASES = 5, 3
_FEWEST = 3
"""A product with fewer reviews in the week, or before it, is not shown."""


def sentiment(latest: Path) -> str:
    """Return the products whose sentiment fell and rose most in a file of changes, why, and where to find all changes."""
    rows = pd.read_parquet(latest)
    known = rows[(rows["reviews"] >= _FEWEST) & (rows["reviews_before"] >= _FEWEST)].sort_values(["change", "product_id"])
    fell, rose = known[known["change"] < 0].head(_PRODUCTS), known[known["change"] > 0][::-1].head(_PRODUCTS)
    return (
        f"\nReviews of the week to {rows['batch_date'].max()} beside the four weeks before: mean probability of five stars, 95 % interval of the change.\n"
        f"* marks a change that is beyond chance; of 20 products that did not change, one is marked.\n\n"
        f"{_table('Fell', fell)}\n\n{_table('Rose', rose)}\n\n"
        f"All {len(rows):,} products that were reviewed in both:\n"
        f"  read at any time     {latest}\n"
        f"  in the warehouse     {settings.warehouse}: predictions.sentiment_changes, product_sentiment, review_sentiment\n"
        f"Query them:  {sys.executable} -c \"import pandas; print(pandas.read_parquet('{latest}'))\""
    )


def _table(title: str, rows: pd.DataFrame) -> str:
    """Return a line for each product."""
    if rows.empty:
        return f"{title}: none of the products with {_FEWEST} reviews or more"
    shown = pd.DataFrame(
        {
            title: rows["category"].fillna("not in catalogue"),
            "product": rows["product_id"],
            "reviews": [f"{row.reviews}, {row.reviews_before} before" for row in rows.itertuples()],
            "sentiment": [f"{row.sentiment_before:.2f} -> {row.sentiment:.2f}{' *' if row.is_clear else ''}" for row in rows.itertuples()],
            "change": [f"{row.lower:+.2f} to {row.upper:+.2f}" for row in rows.itertuples()],
            "why": [", ".join(f"{said['phrase']} ({said['adds']:+.2f})" for said in list(row.phrases)[:_PHRASES]) for row in rows.itertuples()],
        }
    )
    return str(shown.to_string(index=False))
