"""What each command of the command line does; it returns the exit status. A failure is raised, and told by whoever parsed the command (`__main__.py`).

What a command needs is imported when it runs: most need little of it, and a person waits.
"""

import datetime as dt
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DefinitionError
from ..settings import settings

if TYPE_CHECKING:
    from ..warehouse.difference import Difference
    from .resource import WarehouseResource


def update(days: tuple[dt.date, dt.date] | None, names: Sequence[str], *, restates_past: bool, is_executed: bool) -> int:
    """Print the plan, and carry it out if that was asked for."""
    from ..partitions import batches
    from ..table.graph import configured_graph
    from ..warehouse.pace import besides
    from ..warehouse.plan_lines import overlooked, told
    from ..warehouse.planned import planned
    from .definitions import build_defs
    from .durations import durations
    from .home import instance, known_instance
    from .resource import WarehouseResource
    from .unreported import report_unreported
    from .up_to_date import bring_up_to_date

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


def land(name: str, first: dt.date, last: dt.date) -> int:
    """Fetch what an API offers of some days into the lake."""
    from ..landing.fetch import land, session
    from ..landing.known import api
    from ..partitions import days_between

    found, landed = api(settings.graph, name), 0
    with session() as using:
        for day in days_between(first, last):
            if land(found, settings.lake, day, using):
                landed += 1
                _tell(f"landed {found.path(settings.lake, day)}")
    _tell(f"landed: {landed}, there already: {len(days_between(first, last)) - landed}")
    return 0


def land_stream(name: str, *, ends: bool) -> int:
    """Land what a topic or a subscription has: what there is, or until the process is asked to end."""
    from threading import Event

    from ..streams.known import stream
    from ..streams.serve import land_once, serve

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


def today() -> int:
    """Make what is seen of the day that lasts, and print it."""
    from ..reporting.today import today
    from ..table.graph import configured_graph
    from ..warehouse.part import publish_part
    from .resource import WarehouseResource

    parts = [publish_part(table, WarehouseResource().warehouse) for table in configured_graph().today()]
    if not any(parts):
        print("No day lasts of which a stream has landed anything: python -m batch_assets land tills lands one.", file=sys.stderr)
        return 1
    for part in filter(None, parts):
        print(today(part.file))
    return 0


def snapshot() -> int:
    """Copy what is published for those who analyse it."""
    from ..table.graph import configured_graph
    from ..warehouse.snapshot import take_snapshot
    from .resource import WarehouseResource

    started = time.monotonic()
    made = take_snapshot(WarehouseResource().warehouse, configured_graph().in_order())
    _tell(f"{made.path}: {made.tables} tables, {made.size / 1e6:.0f} MB, in {time.monotonic() - started:.1f} s")
    return 0


def verify(*, repairs: bool) -> int:
    """Compare everything that is published with the ledger; have what differs made again, if that was asked for."""
    from ..table.graph import configured_graph
    from ..warehouse.verify import differences
    from .resource import WarehouseResource

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
    from ..table.graph import configured_graph
    from .definitions import build_defs
    from .home import instance
    from .repair import repair

    job = build_defs(warehouse=resource).resolve_job_def("__ASSET_JOB")
    repair(job, configured_graph().in_order(), found, instance(), resource, _tell)
    return verify(repairs=False)


def prune(*, is_executed: bool) -> int:
    """Print what nothing published needs any more; remove it, if that was asked for."""
    from ..warehouse.prune import prune
    from .resource import WarehouseResource

    lines = list(prune(WarehouseResource().warehouse, dt.datetime.now(dt.UTC) - dt.timedelta(days=settings.keep_days), is_executed=is_executed))
    for line in lines:
        _tell(line)
    if not lines:
        _tell("nothing can go")
    elif not is_executed:
        _tell("python -m batch_assets prune --yes removes all of this")
    return 0


def trace(name: str, day: dt.date, *, is_replayed: bool) -> int:
    """Print what a batch was made from; make it again from that, if that was asked for."""
    from ..table.graph import configured_graph
    from ..warehouse.artifacts import Artifacts
    from ..warehouse.replay import replay
    from ..warehouse.trace import changed, told, trace
    from .resource import WarehouseResource

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


def customer(asked: str | None, day: dt.date | None, *, with_names: bool) -> int:
    """Print what is known of one customer."""
    from ..reporting.customer import customer
    from .resource import WarehouseResource

    with WarehouseResource().warehouse.connect() as con:
        told = customer(con, asked, day, with_names=with_names)
    print(told)
    return 0


def erase(asked: str | None, by: str, reason: str, *, is_executed: bool) -> int:
    """Print where a customer is known; erase all that is personal there, if that was asked for."""
    from .erase import erase_asked
    from .home import instance
    from .resource import WarehouseResource

    erase_asked(WarehouseResource(), instance(), asked, by, reason, _tell, is_executed=is_executed)
    if asked and not is_executed:
        _tell("nothing was changed; the same command with --yes erases all of this, and it cannot be undone")
    return 0


SHOWN = {"forecasts": "demand_forecast", "recommendations": "product_recommendations", "sentiment": "sentiment_changes"}
"""The commands that print a prediction's latest batch, and the prediction."""


def show(what: str, customer: int | None) -> int:
    """Print what the latest batch of a prediction says."""
    from ..reporting.forecasts import forecasts
    from ..reporting.recommendations import recommendations
    from ..reporting.sentiment import sentiment

    table, missing = SHOWN[what], what.replace("sentiment", "changes of sentiment")
    latest = settings.published / "latest" / f"{table}.parquet"
    if not latest.exists():
        print(f"There are no {missing} yet: {latest} does not exist. Run make demo, or materialize predictions/{table}.", file=sys.stderr)
        return 1
    told: dict[str, Callable[[Path], str]] = {"forecasts": forecasts, "sentiment": sentiment, "recommendations": lambda file: recommendations(file, customer)}
    print(told[what](latest))
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)
