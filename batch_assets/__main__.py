"""Command line: bring the tables up to date, show what that would change, verify what is published, print the forecasts.

`python -m batch_assets up-to-date --from 2017-11-06 --to 2017-12-26` brings the predictions of these days up to date,
recomputing only what is missing or stale; without days, of all that was ever published. `--select NAME…` limits this to the
named tables and everything they read. Published models and predictions stand unless `--restate-past` is given.
`python -m batch_assets plan` prints what `up-to-date` would do with the same arguments, why, and about how long it takes.
`python -m batch_assets verify` compares everything that is published with the ledger; `--repair` has what differs made again.
`python -m batch_assets trace demand_forecast 2017-12-20` prints what a batch was made from, down to the raw files and their
hashes; `--replay` makes it again from that, and compares.
`python -m batch_assets prune` prints which trained models and superseded publications nothing needs any more; `--yes` removes them.
`python -m batch_assets snapshot` copies what is published, without what is private, into `published/warehouse.duckdb`, which anybody may read at any time.
`python -m batch_assets land promotions --from 2017-11-06 --to 2017-11-12` fetches what an API offers of these days into the lake;
`… land NAME` of a stream lands what a topic of Kafka, or a subscription of Pub/Sub, has, until it is ended.
`python -m batch_assets forecasts` prints the latest forecasts, `… recommendations [CUSTOMER]` the latest recommendations of a customer, `… sentiment`
what customers think otherwise of than before.
`python -m batch_assets customer marketing:C100001 --as-of 2017-12-20` prints all that is known of a customer as of a day; `--with-names` also what is private.
`python -m batch_assets erase marketing:C100001` prints where a customer is known; `--yes` erases all that is personal there, and certifies it.
"""

import argparse
import datetime as dt
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_settings import SettingsError

from .errors import BatchError, DefinitionError

try:
    from .settings import settings
except ValidationError as mistake:
    sys.exit("; ".join(": ".join([*map(str, wrong["loc"]), wrong["msg"].removeprefix("Value error, ")]) for wrong in mistake.errors()))
except SettingsError as mistake:
    sys.exit(str(mistake))

if TYPE_CHECKING:
    from .orchestration.resource import WarehouseResource
    from .warehouse.difference import Difference


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Return 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m batch_assets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("up-to-date", help="publish the batches that are missing or stale")
    plan = commands.add_parser("plan", help="print which batches up-to-date would publish, why, and about how long it takes")
    for command in (update, plan):
        command.add_argument("--from", dest="first", type=_day, help="first day; without days: all that was ever published")
        command.add_argument("--to", dest="last", type=_day, help="last day")
        command.add_argument("--select", nargs="+", metavar="NAME", default=[], help="only these tables, with everything they read; default: all tables")
        command.add_argument("--restate-past", action="store_true", help="also replace published models and predictions, if what they were made from changed")
    check = commands.add_parser("verify", help="compare every published table, file and model with the ledger")
    check.add_argument("--repair", action="store_true", help="have what differs made again")
    follow = commands.add_parser("trace", help="print what a batch was made from, down to the raw files and their hashes")
    follow.add_argument("table", metavar="TABLE", help="name of the table")
    follow.add_argument("day", metavar="DAY", type=_day, help="day of the batch")
    follow.add_argument("--replay", action="store_true", help="make the batch again from what it was made from, and compare; nothing is published")
    clear = commands.add_parser("prune", help="print which trained models and superseded publications nothing needs any more")
    clear.add_argument("--yes", action="store_true", help="remove them")
    fetch = commands.add_parser("land", help="fetch what an API offers of some days into the lake, or what a topic or a subscription has, as long as it runs")
    fetch.add_argument("name", metavar="NAME", help="name of the API, a module in landing, or of the stream, a module in streams")
    fetch.add_argument("--from", dest="first", type=_day, help="of an API: first day; days that are there are kept")
    fetch.add_argument("--to", dest="last", type=_day, help="of an API: last day")
    fetch.add_argument("--once", action="store_true", help="of a stream: end when all that there is was landed")
    commands.add_parser("snapshot", help="copy what is published, without what is private, into one DuckDB file that anybody may read at any time")
    commands.add_parser("today", help="make what is seen of the day that lasts of what a stream has landed so far, and print it")
    commands.add_parser("forecasts", help="print the latest demand forecasts")
    commands.add_parser("sentiment", help="print the products whose reviews became better or worse this week, and the phrases that say why")
    offered = commands.add_parser("recommendations", help="print the latest recommendations of one customer, and why")
    offered.add_argument("customer", metavar="CUSTOMER", type=int, nargs="?", help="its number; default: one with full lists")
    person = commands.add_parser("customer", help="print what is known of one customer: records and why they are one, purchases, campaigns, recommendations")
    person.add_argument(
        "customer",
        metavar="ID",
        nargs="?",
        help="a customer_id, or SOURCE:KEY of one of the customer's records, such as marketing:C100001; default: one whom most departments know",
    )
    person.add_argument("--as-of", dest="day", type=_day, metavar="DAY", help="only what was known at the end of this day; default: the last one published")
    person.add_argument("--with-names", action="store_true", help="also show names, addresses and all else that is private")
    forget = commands.add_parser("erase", help="print where a customer is known; with --yes, erase all that is personal there, and certify it")
    forget.add_argument("customer", metavar="CUSTOMER", nargs="?", help="as for customer; without one, bring to its end what was begun and not finished")
    forget.add_argument("--yes", action="store_true", help="erase it; this cannot be undone")
    forget.add_argument("--by", default="", metavar="NAME", help="who asked for it, for the certificate")
    forget.add_argument("--reason", default="", metavar="TEXT", help="why, for the certificate; nothing personal")
    chosen = parser.parse_args(arguments)
    without_days: dict[str, Callable[[], int]] = {
        **dict.fromkeys(_SHOWN, lambda: _show(chosen.command, getattr(chosen, "customer", None))),
        "customer": lambda: _customer(chosen.customer, chosen.day, with_names=chosen.with_names),
        "erase": lambda: _erase(chosen.customer, chosen.by, chosen.reason, is_executed=chosen.yes),
        "today": _today,
        "snapshot": _snapshot,
        "verify": lambda: _verify(repairs=chosen.repair),
        "prune": lambda: _prune(is_executed=chosen.yes),
        "trace": lambda: _trace(chosen.table, chosen.day, is_replayed=chosen.replay),
    }
    if chosen.command in without_days:
        return _reported(without_days[chosen.command])
    if (chosen.first is None) != (chosen.last is None):
        parser.error("--from and --to go together")
    if chosen.first and chosen.first > chosen.last:
        parser.error(f"--from {chosen.first} is after --to {chosen.last}")
    if chosen.command == "land":
        if chosen.first is None:
            return _reported(lambda: _land_stream(chosen.name, ends=chosen.once))
        return _reported(lambda: _land(chosen.name, chosen.first, chosen.last))
    days = (chosen.first, chosen.last) if chosen.first else None
    return _reported(lambda: _update(days, chosen.select, restates_past=chosen.restate_past, is_executed=chosen.command == "up-to-date"))


def _day(text: str) -> dt.date:
    """Parse a day of the calendar."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2017-12-26") from None
    if told := settings.outside(day):
        raise argparse.ArgumentTypeError(told)
    return day


def _reported(command: Callable[[], int]) -> int:
    """Run a command that needs Dagster; report a failure, or an interrupt, in one line."""
    import dagster as dg

    # The warehouse tells whom it waits for through Dagster's logger, which is silent outside a run.
    dg.get_dagster_logger().addHandler(logging.StreamHandler())
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `head` has: the shell's own code says so. Python would fail once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (BatchError, DefinitionError, RuntimeError, OSError, dg.DagsterError) as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        print("interrupted: published batches stay published; run the same command again to continue", file=sys.stderr)
        return 130
    return code


def _update(days: tuple[dt.date, dt.date] | None, names: Sequence[str], *, restates_past: bool, is_executed: bool) -> int:
    """Print the plan, and carry it out if that was asked for."""
    from .orchestration.definitions import build_defs
    from .orchestration.durations import durations
    from .orchestration.home import instance, known_instance
    from .orchestration.resource import WarehouseResource
    from .orchestration.unreported import report_unreported
    from .orchestration.up_to_date import bring_up_to_date
    from .partitions import batches
    from .table.graph import configured_graph
    from .warehouse.pace import besides
    from .warehouse.plan_lines import overlooked, told
    from .warehouse.planned import planned

    started = time.monotonic()
    graph, resource = configured_graph(), WarehouseResource()
    tables = graph.with_upstreams(list(names)) if names else graph.in_order()
    dagster = instance() if is_executed else None
    if dagster:
        report_unreported(dagster, tables, resource.warehouse, _tell)
    with resource.warehouse.connect() as con, resource.warehouse.known_files() as known:
        plan = planned(con, tables, days, Path(resource.lake), known.version, restates_past=restates_past)
        past = dagster or known_instance()
        runs = besides(con, durations(past)) if past else None
    for line in [*overlooked(tables, Path(resource.lake)), *told(plan, runs)]:
        _tell(line)
    if not any(step.days for step in plan):
        _tell("everything else is up to date" if any(step.stands for step in plan) else "everything is up to date")
    elif dagster:
        job = build_defs(warehouse=resource).resolve_job_def("__ASSET_JOB")
        count = bring_up_to_date(job, plan, dagster, resource, _tell)
        _tell(f"{batches(count)} published in {time.monotonic() - started:.0f} s")
    return 0


def _land(name: str, first: dt.date, last: dt.date) -> int:
    from .landing.fetch import land, session
    from .landing.known import api
    from .partitions import days_between

    found, landed = api(settings.graph, name), 0
    with session() as using:
        for day in days_between(first, last):
            if land(found, settings.lake, day, using):
                landed += 1
                _tell(f"landed {found.path(settings.lake, day)}")
    _tell(f"landed: {landed}, there already: {len(days_between(first, last)) - landed}")
    return 0


def _land_stream(name: str, *, ends: bool) -> int:
    from threading import Event

    from .streams.known import stream
    from .streams.serve import land_once, serve

    found = stream(settings.graph, name)
    if found is None:
        raise DefinitionError(
            f"there is no stream {name}: it would be the variable {name} of {settings.graph}/streams/{name}.py. Of an API, give --from and --to."
        )
    if ends:
        land_once(found, settings.lake, _tell)
        return 0
    asked_to_end = Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: asked_to_end.set())
    serve(found, settings.lake, _tell, asked_to_end)
    _tell(f"{found.name}: ended; what was landed is whole")
    return 0


def _today() -> int:
    from .orchestration.resource import WarehouseResource
    from .reporting.today import today
    from .table.graph import configured_graph
    from .warehouse.part import publish_part

    parts = [publish_part(table, WarehouseResource().warehouse) for table in configured_graph().today()]
    if not any(parts):
        print("No day lasts of which a stream has landed anything: python -m batch_assets land tills lands one.", file=sys.stderr)
        return 1
    for part in filter(None, parts):
        print(today(part.file))
    return 0


def _snapshot() -> int:
    from .orchestration.resource import WarehouseResource
    from .table.graph import configured_graph
    from .warehouse.snapshot import take_snapshot

    started = time.monotonic()
    made = take_snapshot(WarehouseResource().warehouse, configured_graph().in_order())
    _tell(f"{made.path}: {made.tables} tables, {made.size / 1e6:.0f} MB, in {time.monotonic() - started:.1f} s")
    return 0


def _verify(*, repairs: bool) -> int:
    from .orchestration.resource import WarehouseResource
    from .table.graph import configured_graph
    from .warehouse.verify import differences

    resource = WarehouseResource()
    with resource.warehouse.connect() as con:
        found = list(differences(con, configured_graph().in_order(), Path(resource.lake), Path(resource.published), Path(resource.models)))
    for difference in found:
        _tell(difference.reason)
    if not found:
        _tell("every published table, file and model is as the ledger says")
        return 0
    if not repairs:
        print(f"differences: {len(found)}; python -m batch_assets verify --repair has them made again", file=sys.stderr)
        return 1
    return _repair(found, resource)


def _repair(found: "Sequence[Difference]", resource: "WarehouseResource") -> int:
    from .orchestration.definitions import build_defs
    from .orchestration.home import instance
    from .orchestration.repair import repair
    from .table.graph import configured_graph

    job = build_defs(warehouse=resource).resolve_job_def("__ASSET_JOB")
    repair(job, configured_graph().in_order(), found, instance(), resource, _tell)
    return _verify(repairs=False)


def _prune(*, is_executed: bool) -> int:
    from .orchestration.resource import WarehouseResource
    from .warehouse.prune import prune

    lines = list(prune(WarehouseResource().warehouse, dt.datetime.now(dt.UTC) - dt.timedelta(days=settings.keep_days), is_executed=is_executed))
    for line in lines:
        _tell(line)
    if not lines:
        _tell("nothing can go")
    elif not is_executed:
        _tell("python -m batch_assets prune --yes removes all of this")
    return 0


def _trace(name: str, day: dt.date, *, is_replayed: bool) -> int:
    from .orchestration.resource import WarehouseResource
    from .table.graph import configured_graph
    from .warehouse.artifacts import Artifacts
    from .warehouse.replay import replay
    from .warehouse.trace import changed, told, trace

    (table,) = [table for table in configured_graph().with_upstreams([name]) if table.name == name]
    resource = WarehouseResource()
    lake, models = Path(resource.lake), Artifacts(Path(resource.models))
    with resource.warehouse.connect() as con:
        found = trace(con, table.asset, day)
        for line in told(found):
            _tell(line)
        differences = list(changed(found, lake, models))
        for line in differences or ["all of this is still as it was"]:
            _tell(line)
        if not is_replayed:
            return 0
        again = replay(con, table, found.of, lake, models)
    if again != found.of.content:
        print(f"made again, it has other content: {again}. Its rows depend on chance, on their order, on the clock or on other libraries.", file=sys.stderr)
        return 1
    _tell(f"made again, it has the same content, bit for bit: {again}")
    return 0


def _customer(asked: str | None, day: dt.date | None, *, with_names: bool) -> int:
    from .orchestration.resource import WarehouseResource
    from .reporting.customer import customer

    with WarehouseResource().warehouse.connect() as con:
        told = customer(con, asked, day, with_names=with_names)
    print(told)
    return 0


def _erase(asked: str | None, by: str, reason: str, *, is_executed: bool) -> int:
    from .orchestration.erase import erase_asked
    from .orchestration.home import instance
    from .orchestration.resource import WarehouseResource

    erase_asked(WarehouseResource(), instance(), asked, by, reason, _tell, is_executed=is_executed)
    if asked and not is_executed:
        _tell("nothing was changed; the same command with --yes erases all of this, and it cannot be undone")
    return 0


_SHOWN = {"forecasts": "demand_forecast", "recommendations": "product_recommendations", "sentiment": "sentiment_changes"}
"""The commands that print a prediction's latest batch, and the prediction."""


def _show(what: str, customer: int | None) -> int:
    """Print what the latest batch of a prediction says."""
    from .reporting.forecasts import forecasts
    from .reporting.recommendations import recommendations
    from .reporting.sentiment import sentiment

    table, missing = _SHOWN[what], what.replace("sentiment", "changes of sentiment")
    latest = settings.published / "latest" / f"{table}.parquet"
    if not latest.exists():
        print(f"There are no {missing} yet: {latest} does not exist. Run make demo, or materialize predictions/{table}.", file=sys.stderr)
        return 1
    told: dict[str, Callable[[Path], str]] = {"forecasts": forecasts, "sentiment": sentiment, "recommendations": lambda file: recommendations(file, customer)}
    print(told[what](latest))
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
