"""Sales of the day that lasts, as `python -m batch_assets today` prints them."""

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq

from ..settings import settings

_CATEGORIES = 10


def today(file: Path) -> str:
    """Return how far the sales of a day reach, those of the categories with the largest forecasts, and all of them together."""
    rows = pq.read_table(file).to_pylist()
    if not rows:
        return f"Nothing is known of the day in {file}: no category is in the catalogue yet."
    reaches = rows[0]["reaches_to"].replace(tzinfo=dt.UTC).astimezone(settings.zone)
    forecast = sorted((row for row in rows if row["forecast"] is not None), key=lambda row: (-row["forecast"], row["category"]))
    lines = [f"{_beside(row['category'], row['units'], row['forecast'])} ({row['lower']:,.0f}-{row['upper']:,.0f})" for row in forecast[:_CATEGORIES]]
    total = _beside("all that are forecast", sum(row["units"] for row in forecast), sum(row["forecast"] for row in forecast))
    head = f"Units sold on {rows[0]['batch_date']} up to {reaches:%H:%M}, of those that were forecast for the whole day, with an 80 % prediction interval"
    return "\n".join([f"\n{head}\n", *lines, total, f"\nAll {len(rows)} categories: {file}"])


def _beside(what: str, units: int, forecast: float) -> str:
    return f"{what:<28} {units:>7,} of {forecast:>7,.0f}"
