"""Sales of the day that lasts, as `python -m batch_assets today` prints them."""

import datetime as dt
from pathlib import Path

import pandas as pd

from ..settings import settings

_CATEGORIES = 10


def today(file: Path) -> str:
    """Return how far the sales of a day reach, those of the categories with the largest forecasts, and all of them together."""
    rows = pd.read_parquet(file)
    if rows.empty:
        return f"Nothing is known of the day in {file}: no category is in the catalogue yet."
    reaches = rows["reaches_to"].iloc[0].to_pydatetime().replace(tzinfo=dt.UTC).astimezone(settings.zone)
    forecast = rows[rows["forecast"].notna()].sort_values(["forecast", "category"], ascending=[False, True])
    lines = [f"{row.category:<28} {row.units:>7,} of {row.forecast:>7,.0f} ({row.lower:,.0f}-{row.upper:,.0f})" for row in forecast[:_CATEGORIES].itertuples()]
    total = f"{'all that are forecast':<28} {forecast['units'].sum():>7,} of {forecast['forecast'].sum():>7,.0f}"
    head = f"Units sold on {rows['batch_date'].iloc[0]} up to {reaches:%H:%M}, of those that were forecast for the whole day, with an 80 % prediction interval"
    return "\n".join([f"\n{head}\n", *lines, total, f"\nAll {len(rows)} categories: {file}"])
