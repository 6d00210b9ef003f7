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
from collections.abc import Callable

from pydantic import ValidationError
from pydantic_settings import SettingsError

from .errors import BatchError, DefinitionError

try:
    from .settings import settings
except ValidationError as mistake:
    sys.exit("; ".join(": ".join([*map(str, wrong["loc"]), wrong["msg"].removeprefix("Value error, ")]) for wrong in mistake.errors()))
except SettingsError as mistake:
    sys.exit(str(mistake))

from .orchestration import commands


def main(arguments: list[str] | None = None) -> int:
    """Run a command. Return 0, or 1 if it failed."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    without_days: dict[str, Callable[[], int]] = {
        **dict.fromkeys(commands.SHOWN, lambda: commands.show(chosen.command, getattr(chosen, "customer", None))),
        "customer": lambda: commands.customer(chosen.customer, chosen.day, with_names=chosen.with_names),
        "erase": lambda: commands.erase(chosen.customer, chosen.by, chosen.reason, is_executed=chosen.yes),
        "today": commands.today,
        "snapshot": commands.snapshot,
        "verify": lambda: commands.verify(repairs=chosen.repair),
        "prune": lambda: commands.prune(is_executed=chosen.yes),
        "trace": lambda: commands.trace(chosen.table, chosen.day, is_replayed=chosen.replay),
    }
    if chosen.command in without_days:
        return _reported(without_days[chosen.command])
    if (chosen.first is None) != (chosen.last is None):
        parser.error("--from and --to go together")
    if chosen.first and chosen.first > chosen.last:
        parser.error(f"--from {chosen.first} is after --to {chosen.last}")
    if chosen.command == "land":
        if chosen.first is None:
            return _reported(lambda: commands.land_stream(chosen.name, ends=chosen.once))
        return _reported(lambda: commands.land(chosen.name, chosen.first, chosen.last))
    days = (chosen.first, chosen.last) if chosen.first else None
    return _reported(lambda: commands.update(days, chosen.select, restates_past=chosen.restate_past, is_executed=chosen.command == "up-to-date"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m batch_assets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = parser.add_subparsers(dest="command", required=True)
    update = known.add_parser("up-to-date", help="publish the batches that are missing or stale")
    plan = known.add_parser("plan", help="print which batches up-to-date would publish, why, and about how long it takes")
    for command in (update, plan):
        command.add_argument("--from", dest="first", type=_day, help="first day; without days: all that was ever published")
        command.add_argument("--to", dest="last", type=_day, help="last day")
        command.add_argument("--select", nargs="+", metavar="NAME", default=[], help="only these tables, with everything they read; default: all tables")
        command.add_argument("--restate-past", action="store_true", help="also replace published models and predictions, if what they were made from changed")
    check = known.add_parser("verify", help="compare every published table, file and model with the ledger")
    check.add_argument("--repair", action="store_true", help="have what differs made again")
    follow = known.add_parser("trace", help="print what a batch was made from, down to the raw files and their hashes")
    follow.add_argument("table", metavar="TABLE", help="name of the table")
    follow.add_argument("day", metavar="DAY", type=_day, help="day of the batch")
    follow.add_argument("--replay", action="store_true", help="make the batch again from what it was made from, and compare; nothing is published")
    clear = known.add_parser("prune", help="print which trained models and superseded publications nothing needs any more")
    clear.add_argument("--yes", action="store_true", help="remove them")
    fetch = known.add_parser("land", help="fetch what an API offers of some days into the lake, or what a topic or a subscription has, as long as it runs")
    fetch.add_argument("name", metavar="NAME", help="name of the API, a module in landing, or of the stream, a module in streams")
    fetch.add_argument("--from", dest="first", type=_day, help="of an API: first day; days that are there are kept")
    fetch.add_argument("--to", dest="last", type=_day, help="of an API: last day")
    fetch.add_argument("--once", action="store_true", help="of a stream: end when all that there is was landed")
    known.add_parser("snapshot", help="copy what is published, without what is private, into one DuckDB file that anybody may read at any time")
    known.add_parser("today", help="make what is seen of the day that lasts of what a stream has landed so far, and print it")
    known.add_parser("forecasts", help="print the latest demand forecasts")
    known.add_parser("sentiment", help="print the products whose reviews became better or worse this week, and the phrases that say why")
    offered = known.add_parser("recommendations", help="print the latest recommendations of one customer, and why")
    offered.add_argument("customer", metavar="CUSTOMER", type=int, nargs="?", help="its number; default: one with full lists")
    person = known.add_parser("customer", help="print what is known of one customer: records and why they are one, purchases, campaigns, recommendations")
    person.add_argument(
        "customer",
        metavar="ID",
        nargs="?",
        help="a customer_id, or SOURCE:KEY of one of the customer's records, such as marketing:C100001; default: one whom most departments know",
    )
    person.add_argument("--as-of", dest="day", type=_day, metavar="DAY", help="only what was known at the end of this day; default: the last one published")
    person.add_argument("--with-names", action="store_true", help="also show names, addresses and all else that is private")
    forget = known.add_parser("erase", help="print where a customer is known; with --yes, erase all that is personal there, and certify it")
    forget.add_argument("customer", metavar="CUSTOMER", nargs="?", help="as for customer; without one, bring to its end what was begun and not finished")
    forget.add_argument("--yes", action="store_true", help="erase it; this cannot be undone")
    forget.add_argument("--by", default="", metavar="NAME", help="who asked for it, for the certificate")
    forget.add_argument("--reason", default="", metavar="TEXT", help="why, for the certificate; nothing personal")
    return parser


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


if __name__ == "__main__":
    sys.exit(main())
