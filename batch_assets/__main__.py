"""Command line: bring the tables up to date, show the forecasts.

`python -m batch_assets up-to-date --from 2017-11-06 --to 2017-12-26` publishes what it takes for predictions of those
days and nothing else; `python -m batch_assets forecasts` prints the latest ones.
"""

import argparse
import datetime as dt
import sys
import time

from .errors import BatchError
from .settings import settings

_NEXT_DAYS = """
    pivot (
        select category, strftime(target_date, '%Y-%m-%d %a') as day,
            round(units)::int || ' (' || round(lower)::int || '-' || round(upper)::int || ')' as pieces
        from read_parquet($1)
        where horizon <= 6 and category in (select category from read_parquet($1) group by category order by sum(units) desc, category limit 10)
    ) on day using first(pieces) order by category
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("up-to-date", help="publish the batches that are missing or stale")
    update.add_argument("--from", dest="first", type=dt.date.fromisoformat, required=True, help="first day to predict")
    update.add_argument("--to", dest="last", type=dt.date.fromisoformat, required=True, help="last day to predict")
    commands.add_parser("forecasts", help="print the latest demand forecasts")
    chosen = parser.parse_args(arguments)
    return _update(chosen.first, chosen.last) if chosen.command == "up-to-date" else _show()


def _update(first: dt.date, last: dt.date) -> int:
    import dagster as dg

    from .up_to_date import bring_up_to_date
    from .warehouse import Warehouse

    started = time.monotonic()
    try:
        count = bring_up_to_date(first, last, dg.DagsterInstance.get(), Warehouse(), _tell)
    except (BatchError, RuntimeError, dg.DagsterError) as error:
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
    duckdb.sql(_NEXT_DAYS.replace("$1", f"'{latest}'")).show(max_width=160)
    print(
        f"All {rows:,} forecasts ({categories} categories, 14 days):\n"
        f"  read at any time     {latest}\n"
        f"  every batch          {settings.published / 'demand_forecast'}/*.parquet\n"
        f"  in the warehouse     {settings.warehouse}: predictions.demand_forecast, predictions.demand_forecast_latest\n"
        f"Query them:  python -c \"import pandas; print(pandas.read_parquet('{latest}'))\"\n"
        f'             python -c "import duckdb; print(duckdb.sql(\\"from \'{latest}\'\\"))"\n'
        "Open Dagster: make ui"
    )
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
