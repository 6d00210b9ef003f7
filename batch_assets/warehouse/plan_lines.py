"""A plan in words: a line for each table and cause, and what all of it takes.

Does not belong here: what is planned (`planned.py`), and why (`causes.py`).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..partitions import batches, days_between, name_days, retrain_day, stretches
from ..settings import settings
from ..table.table import Table
from .causes import Reasons, in_words
from .pace import Pace
from .planned import Step

_MODELS = "models"
"""The layer whose tables train."""

_ASK = "up-to-date --restate-past replaces them"


def told(steps: Collection[Step], runs: Pace | None = None) -> Iterator[str]:
    """Yield a line for each table and cause, and then how many batches that are and how long they take.

    Args:
        steps: the plan.
        runs: what the runs take besides publishing, if that is known.
    """
    for step in steps:
        yield from _of_table(step)
    if certain := sum(len(step.certain) for step in steps):
        yield f"to make: {batches(certain)}{_replaced(steps, 'certain')}; {_time(steps, 'certain', runs)}"
    if may_follow := sum(len(step.may_follow) for step in steps):
        yield f"may follow: {batches(may_follow)}{_replaced(steps, 'may_follow')}; {_time(steps, 'may_follow', runs)}"
    if stands := sum(len(step.stands) for step in steps):
        since = "of models and predictions, published before what they were made from changed"
        yield f"standing: {batches(stands)} {since}; {_ASK}; {_time(steps, 'stands', runs)}"


def overlooked(tables: Sequence[Table], lake: Path) -> Iterator[str]:
    """Yield a line for each raw source of some tables that has files of no day."""
    days = days_between(settings.first_day, settings.last_day or dt.datetime.now(settings.zone).date())
    for _, source in sorted({table.source.name: table.source for table in tables if table.source}.items()):
        yield from source.overlooked(lake, days)


def _of_table(step: Step) -> Iterator[str]:
    for cause, days in _by_cause(step.gone):
        although = f", although {cause}" if cause else ""
        gone = f"{step.table.asset}: the raw files of {batches(len(days))} are gone ({name_days(days)})"
        yield f"{gone}. What was published stands{although}; it cannot be made again without them."
    for cause, days in _by_cause(step.certain):
        replaced = [day for day in days if step.table.stands and day in step.published]
        for its, what in (([day for day in days if day not in replaced], "to make"), (replaced, "to replace")):
            if its:
                yield f"{_named(step, its)} {what}: {cause}{_training(step, its)}{_takes(step, its)}"
    for cause, days in _by_cause(step.may_follow):
        yield f"{_named(step, days)} {'may be replaced' if step.table.stands else 'may follow'}: {cause}{_takes(step, days)}"
    for cause, days in _by_cause(step.stands):
        yield f"{_named(step, days)} {'stands' if len(days) == 1 else 'stand'}: {cause}"
    for reason in dict.fromkeys(str(refusal.error) for refusal in step.refused):
        yield f"{_named(step, [refusal.day for refusal in step.refused if str(refusal.error) == reason])} cannot be made: {reason}"


def _by_cause(days: Mapping[dt.date, Reasons]) -> Iterator[tuple[str, list[dt.date]]]:
    """Yield each cause in words, and the days that have it."""
    groups: dict[tuple[str, ...], list[dt.date]] = {}
    for day, reasons in days.items():
        groups.setdefault(tuple(reason.what for reason in reasons), []).append(day)
    for its in groups.values():
        yield in_words(reason for day in its for reason in days[day]), its


def _named(step: Step, days: Sequence[dt.date]) -> str:
    return f"{step.table.asset}: {batches(len(days))} ({name_days(days)})"


def _training(step: Step, days: Sequence[dt.date]) -> str:
    """Return how many models are to be trained, at most: those of one retrain day share one."""
    if step.table.layer != _MODELS:
        return ""
    count = len({retrain_day(day) for day in days})
    return f"; {count} {'model' if count == 1 else 'models'} to train"


def _takes(step: Step, days: Iterable[dt.date]) -> str:
    seconds = _seconds(step, days)
    return "" if seconds is None else f"; {_in_words(seconds)}"


def _seconds(step: Step, days: Iterable[dt.date]) -> float | None:
    runs = stretches(days)
    return step.pace.seconds(len(runs), sum(map(len, runs))) if step.pace else None


def _time(steps: Collection[Step], which: str, runs: Pace | None) -> str:
    """Return how long some batches of all tables take, and of which tables that is not known."""
    asked = [(step, days) for step in steps if (days := getattr(step, which))]
    stretched = [stretches(days) for _, days in asked]
    dagsters = runs.seconds(sum(map(len, stretched)), sum(len(stretch) for its in stretched for stretch in its)) if runs else 0.0
    known = [seconds for step, days in asked if (seconds := _seconds(step, days)) is not None]
    unknown = [step.table.asset for step, _ in asked if step.pace is None]
    if not known:
        return "how long that takes, the ledger does not know"
    whose = "with Dagster's own time" if runs else "besides Dagster's own time"
    return f"{_in_words(sum(known) + dagsters)} {whose}" + f", and what {' and '.join(unknown)} take, which the ledger does not know" * bool(unknown)


def _replaced(steps: Collection[Step], which: str) -> str:
    count = sum(day in step.published for step in steps if step.table.stands for day in getattr(step, which))
    return f" ({count:,} of them {'replaces' if count == 1 else 'replace'} published models and predictions)" * bool(count)


def _in_words(seconds: float) -> str:
    if seconds < 1:
        return "under 1 s"
    if seconds < 100:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 6000 else f"about {seconds / 3600:.0f} h"
