"""The latest demand forecasts, as `python -m batch_assets forecasts` prints them."""

import sys
from pathlib import Path

import pandas as pd

from ..settings import settings

_CATEGORIES, _DAYS = 10, 6


def forecasts(latest: Path) -> str:
    """Return the next days of the largest categories in a file of forecasts, and where to find all forecasts."""
    rows = pd.read_parquet(latest)
    categories = rows["category"].nunique()
    return (
        f"\nForecast at the end of {rows['batch_date'].max()}: units, with an 80 % prediction interval, of the ten largest categories\n\n"
        f"{_table(rows)}\n\n"
        f"All {len(rows):,} forecasts ({categories} categories, {rows['horizon'].max()} days):\n"
        f"  read at any time     {latest}\n"
        f"  every batch          {settings.published / 'demand_forecast'}/*.parquet\n"
        f"  in the warehouse     {settings.warehouse}: predictions.demand_forecast, predictions.demand_forecast_latest\n"
        f"Query them:  {sys.executable} -c \"import pandas; print(pandas.read_parquet('{latest}'))\"\n"
        f'             {sys.executable} -c "import duckdb; print(duckdb.sql(\\"from \'{latest}\'\\"))"\n'
        "See them in Dagster's UI: run `make ui`, wait for the line with the address, and open http://127.0.0.1:3000"
    )


def _table(rows: pd.DataFrame) -> str:
    """Return a row for each of the largest categories, and a column for each of the next days."""
    largest = rows.groupby("category")["units"].sum().sort_values(ascending=False, kind="stable").index[:_CATEGORIES]
    shown = rows[rows["category"].isin(largest) & (rows["horizon"] <= _DAYS)]
    units = [f"{row.units:.0f} ({row.lower:.0f}-{row.upper:.0f})" for row in shown.itertuples()]
    by_day = shown.assign(units=units, day=[f"{day:%Y-%m-%d %a}" for day in shown["target_date"]])
    return str(by_day.pivot_table(index="category", columns="day", values="units", aggfunc="first").rename_axis(index=None, columns=None).to_string())
