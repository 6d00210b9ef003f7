"""Command line: bring the tables up to date, show what that would change, show the forecasts.

`python -m batch_assets up-to-date --from 2017-11-06 --to 2017-12-26` brings the predictions of these days up to date,
recomputing only what is missing or stale; `--select NAME…` does so for some tables and what they need.
`python -m batch_assets plan` prints what would be recomputed, and why, of all that was ever published; with `--from`,
`--to` and `--select` it prints what `up-to-date` would do.
`python -m batch_assets forecasts` prints the latest forecasts.
"""

import argparse
import datetime as dt
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .errors import BatchError, DefinitionError
from .settings import settings


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("up-to-date", help="publish the batches that are missing or stale")
    plan = commands.add_parser("plan", help="print which batches are missing or stale, and why; without days: of all that was ever published")
    for command in (update, plan):
        command.add_argument("--from", dest="first", type=_day, required=command is update, help="first day")
        command.add_argument("--to", dest="last", type=_day, required=command is update, help="last day")
        command.add_argument("--select", nargs="+", metavar="NAME", default=[], help="tables, with all that they read; default: every table")
    commands.add_parser("forecasts", help="print the latest demand forecasts")
    chosen = parser.parse_args(arguments)
    if chosen.command == "forecasts":
        return _show()
    if (chosen.first is None) != (chosen.last is None):
        parser.error("--from and --to go together")
    if chosen.first and chosen.first > chosen.last:
        parser.error(f"--from {chosen.first} is after --to {chosen.last}")
    days = (chosen.first, chosen.last) if chosen.first else None
    return _update(days, chosen.select, is_executed=chosen.command == "up-to-date")


def _day(text: str) -> dt.date:
    """Return a day of the calendar."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2017-12-26") from None
    if told := settings.outside(day):
        raise argparse.ArgumentTypeError(told)
    return day


def _update(days: tuple[dt.date, dt.date] | None, names: Sequence[str], *, is_executed: bool) -> int:
    """Print the plan, and carry it out if that was asked for."""
    import dagster as dg

    from .orchestration.definitions import build_defs
    from .orchestration.resource import WarehouseResource
    from .orchestration.up_to_date import bring_up_to_date
    from .table.graph import configured_graph
    from .warehouse.planned import planned, told

    # The warehouse tells whom it waits for through Dagster's logger, which is silent outside a run.
    dg.get_dagster_logger().addHandler(logging.StreamHandler())
    started, count = time.monotonic(), 0
    try:
        graph, resource = configured_graph(), WarehouseResource()
        tables = graph.with_upstreams(list(names)) if names else graph.in_order()
        instance = dg.DagsterInstance.get() if is_executed else None
        with resource.warehouse.connect() as con:
            plan = planned(con, tables, days, Path(resource.lake))
        for line in told(plan):
            _tell(line)
        if instance and plan:
            job = build_defs(warehouse=resource).resolve_job_def("__ASSET_JOB")
            count = bring_up_to_date(job, plan, instance, resource, _tell)
    except (BatchError, DefinitionError, RuntimeError, OSError, dg.DagsterError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        print("interrupted: what is published is whole, and stays; the same command continues from there", file=sys.stderr)
        return 130
    if not plan:
        _tell("everything is up to date")
    elif is_executed:
        _tell(f"{count} batches published in {time.monotonic() - started:.0f} s")
    return 0


def _show() -> int:
    from .reporting.forecasts import forecasts

    latest = settings.published / "latest" / "demand_forecast.parquet"
    if not latest.exists():
        print(f"There are no forecasts yet: {latest} does not exist. Run make demo, or materialize predictions/demand_forecast.", file=sys.stderr)
        return 1
    print(forecasts(latest))
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
