"""What would be made again, and why: for each table the batches that certainly would, and those that may follow.

What is certain is seen from the ledger, the lake and the code as they are now. A batch may follow if one that it reads is made
again: it is, if the content of that one comes out different. `up-to-date` walks the same steps that are shown here, and publishes
nothing else. Belongs here: the plan of several tables. Does not belong here: which batch of one table is stale (`plan.py`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..engine.reading import version_of
from ..errors import LakeError, MissingBatchError
from ..ingest.lakefile import file_version
from ..partitions import days_between, name_days, window
from ..table.table import Table
from .ledger import contents, inputs_hash, recorded
from .plan import Refusal, gone_days, needed


@dataclass(frozen=True)
class Step:
    """What becomes of the batches of a table.

    Attributes:
        table: the table.
        asked: the number of days that were looked at.
        certain: why each batch is made, by day.
        may_follow: why each batch may have to be made, by day.
        refused: the batches that cannot be made as things are.
        gone: the batches that stand although their raw files are gone.
    """

    table: Table
    asked: int
    certain: Mapping[dt.date, str]
    may_follow: Mapping[dt.date, str]
    refused: Sequence[Refusal]
    gone: Sequence[dt.date] = ()

    @property
    def days(self) -> list[dt.date]:
        """The days that are looked at again when it is the table's turn."""
        return sorted({*self.certain, *self.may_follow, *(refusal.day for refusal in self.refused)})


def planned(
    con: Backend, tables: Sequence[Table], days: tuple[dt.date, dt.date] | None, lake: Path, version: Callable[[Path], str] = file_version
) -> list[Step]:
    """Return what it takes for tables to be up to date.

    Args:
        con: the warehouse.
        tables: the tables, each after those that it reads.
        days: the first and the last day; None for every batch that was ever published.
        lake: folder of the raw files.
        version: returns the version of a raw file, which may be known from before.
    """
    steps: list[Step] = []
    again: dict[str, set[dt.date]] = {}
    for table, of_table in _asked(con, tables, days):
        step = _step(con, table, of_table, lake, again, version)
        again[table.asset] = {*step.certain, *step.may_follow}
        if step.days or step.gone:
            steps.append(step)
    return steps


def told(steps: Iterable[Step]) -> Iterator[str]:
    """Yield a line for each table and cause."""
    for step in steps:
        if step.gone:
            gone = f"{step.table.asset}: the raw files of {len(step.gone)} batches are gone ({name_days(step.gone)})"
            yield f"{gone}. What was published stands; it cannot be made again without them."
        for days_by_cause, what in ((step.certain, "to make"), (step.may_follow, "may follow")):
            for cause in dict.fromkeys(days_by_cause.values()):
                yield _line(step, [day for day, its in days_by_cause.items() if its == cause], f"{what}: {cause}")
        for reason in dict.fromkeys(str(refusal.error) for refusal in step.refused):
            yield _line(step, [refusal.day for refusal in step.refused if str(refusal.error) == reason], f"cannot be made: {reason}")


def _line(step: Step, days: Sequence[dt.date], what: str) -> str:
    return f"{step.table.asset}: {len(days)} {'batch' if len(days) == 1 else 'batches'} ({name_days(days)}) {what}"


def _asked(con: Backend, tables: Sequence[Table], days: tuple[dt.date, dt.date] | None) -> Iterator[tuple[Table, list[dt.date]]]:
    """Yield each table with the days that it takes."""
    if days:
        first, last = days
        yield from ((table, days_between(start, last)) for table, start in needed(tables, first))
        return
    for table in tables:
        ever = con.con.execute("select distinct batch_date from quality.ledger where asset = ? order by 1", [table.asset]).fetchall()
        yield table, [day for (day,) in ever]


def _step(con: Backend, table: Table, days: Sequence[dt.date], lake: Path, again: Mapping[str, set[dt.date]], version: Callable[[Path], str]) -> Step:
    published, made = contents(con, table.upstreams, days) if days else {}, recorded(con, table.asset)
    certain: dict[dt.date, str] = {}
    may_follow: dict[dt.date, str] = {}
    refused: list[Refusal] = []
    there = {**{(upstream.asset, day): "" for upstream in table.upstreams for day in again.get(upstream.asset, ())}, **published}
    gone = gone_days(con, table, days, lake)
    for day in sorted({*days} - {*gone}):
        remade = [upstream.asset for upstream in table.upstreams if again.get(upstream.asset, set()) & set(window(day, upstream.look_back))]
        try:
            inputs = {upstream.asset: inputs_hash(there, upstream, day) for upstream in table.upstreams}
            inputs |= {f"lake.{table.source.name}": version_of(table.source, lake, day, version)} if table.source else {}
        except (LakeError, MissingBatchError) as error:
            refused.append(Refusal(day, error))
            continue
        cause = _cause(table, made.get(day), {asset: content for asset, content in inputs.items() if asset not in remade})
        if cause:
            certain[day] = cause
        elif remade:
            may_follow[day] = f"{' and '.join(remade)} {'is' if len(remade) == 1 else 'are'} made again"
    return Step(table, len(days), certain, may_follow, refused, gone)


def _cause(table: Table, made: tuple[str, dict[str, str]] | None, inputs: Mapping[str, str]) -> str | None:
    """Return why a batch is made again, whatever becomes of those that it reads; None if it is as it should be."""
    if made is None:
        return "missing"
    code, recorded_inputs = made
    if code != table.code:
        return f"its code or settings changed (version {code}, now {table.code})"
    changed = [asset for asset, content in inputs.items() if recorded_inputs.get(asset) != content]
    return f"{' and '.join(changed)} changed" if changed else None
