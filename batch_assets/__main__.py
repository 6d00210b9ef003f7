"""Command line: bring the tables up to date, show the forecasts.

`python -m batch_assets up-to-date --from 2017-11-06 --to 2017-12-26` publishes what it takes for predictions of those
days and nothing else; `python -m batch_assets forecasts` prints the latest ones.
"""

import argparse
import datetime as dt
import logging
import sys
import time

from .errors import BatchError
from .settings import settings

_NEXT_DAYS = """
    pivot (
        select category, strftime(target_date, '%Y-%m-%d %a') as day,
            round(units)::int || ' (' || round(lower)::int || '-' || round(upper)::int || ')' as pieces
        from forecast
        where horizon <= 6 and category in (select category from forecast group by category order by sum(units) desc, category limit 10)
    ) on day using first(pieces) order by category
"""
"""The next six days of the ten largest categories of `forecast`, a relation."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("up-to-date", help="publish the batches that are missing or stale")
    update.add_argument("--from", dest="first", type=_day, required=True, help="first day to predict")
    update.add_argument("--to", dest="last", type=_day, required=True, help="last day to predict")
    commands.add_parser("forecasts", help="print the latest demand forecasts")
    chosen = parser.parse_args(arguments)
    if chosen.command == "forecasts":
        return _show()
    if chosen.first > chosen.last:
        parser.error(f"--from {chosen.first} is after --to {chosen.last}")
    return _update(chosen.first, chosen.last)


def _day(text: str) -> dt.date:
    """Return a day of the calendar."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2017-12-26") from None
    if told := settings.outside(day):
        raise argparse.ArgumentTypeError(told)
    return day


def _update(first: dt.date, last: dt.date) -> int:
    import dagster as dg
    import duckdb

    from .orchestration.up_to_date import bring_up_to_date
    from .warehouse.connection import Warehouse

    # The warehouse tells whom it waits for through Dagster's logger, which is silent outside a run.
    dg.get_dagster_logger().addHandler(logging.StreamHandler())
    started = time.monotonic()
    try:
        count = bring_up_to_date(first, last, dg.DagsterInstance.get(), Warehouse(), _tell)
    except (BatchError, RuntimeError, OSError, duckdb.Error, dg.DagsterError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        print("interrupted: what is published is whole, and stays; the same command goes on from there", file=sys.stderr)
        return 130
    _tell(f"{count} batches published in {time.monotonic() - started:.0f} s" if count else "everything is up to date")
    return 0


def _show() -> int:
    import duckdb

    latest = settings.published / "latest" / "demand_forecast.parquet"
    if not latest.exists():
        print(f"There are no forecasts yet: {latest} does not exist. Run make demo, or materialize predictions/demand_forecast.", file=sys.stderr)
        return 1
    forecast = duckdb.read_parquet(str(latest))
    (made_on, rows, categories) = forecast.aggregate("max(batch_date), count(*), count(distinct category)").fetchall()[0]
    print(f"\nForecast at the end of {made_on}: pieces, with the interval that holds them 4 times of 5, of the ten largest categories")
    duckdb.sql(_NEXT_DAYS).show(max_width=160)
    print(
        f"All {rows:,} forecasts ({categories} categories, 14 days):\n"
        f"  read at any time     {latest}\n"
        f"  every batch          {settings.published / 'demand_forecast'}/*.parquet\n"
        f"  in the warehouse     {settings.warehouse}: predictions.demand_forecast, predictions.demand_forecast_latest\n"
        f"Query them:  {sys.executable} -c \"import pandas; print(pandas.read_parquet('{latest}'))\"\n"
        f'             {sys.executable} -c "import duckdb; print(duckdb.sql(\\"from \'{latest}\'\\"))"\n'
        "Open Dagster: make ui"
    )
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
