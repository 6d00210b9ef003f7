"""What would be made again, and why: for each table the batches that certainly would, those that may follow, and those that stand.

What is certain is seen from the ledger, the lake and the code as they are now. A batch may follow if one that it reads is made
again: it is, if the content of that one comes out different. A published batch of a model or a prediction stands, whatever becomes
of what it was made from, unless its replacement is asked for. `up-to-date` walks the same steps that are shown here, and publishes
nothing else. Belongs here: the plan of several tables. Does not belong here: which batch of one table is stale (`plan.py`), and
how the plan is told (`plan_lines.py`).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ibis.backends.duckdb import Backend

from ..engine.reading import version_of
from ..errors import LakeError, MissingBatchError
from ..ingest.lakefile import file_version
from ..partitions import days_between, window
from ..table.table import Table
from .causes import Causes, Reason, Reasons
from .ledger import contents, inputs_hash, recorded
from .pace import Pace, pace
from .plan import Refusal, gone_days, needed


@dataclass(frozen=True)
class Step:
    """What becomes of the batches of a table.

    Attributes:
        table: the table.
        asked: the number of days that were looked at.
        certain: why each batch is made, by day.
        may_follow: why each batch may have to be made, by day.
        stands: why each published batch of a model or a prediction would be made again, if that were asked for, by day.
        published: the days that have a batch.
        gone: the batches that stand because their raw files are gone, and what else changed of what they were made from.
        refused: the batches that cannot be made as things are.
        pace: how long batches of the table take; None if that is not known.
    """

    table: Table
    asked: int
    certain: dict[dt.date, Reasons] = field(default_factory=dict)
    may_follow: dict[dt.date, Reasons] = field(default_factory=dict)
    stands: dict[dt.date, Reasons] = field(default_factory=dict)
    published: frozenset[dt.date] = frozenset()
    gone: Mapping[dt.date, Reasons] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    pace: Pace | None = None

    @property
    def days(self) -> list[dt.date]:
        """The days that are looked at again when it is the table's turn."""
        return sorted({*self.certain, *self.may_follow, *(refusal.day for refusal in self.refused)})


def planned(
    con: Backend,
    tables: Sequence[Table],
    days: tuple[dt.date, dt.date] | None,
    lake: Path,
    version: Callable[[Path], str] = file_version,
    *,
    restates_past: bool = False,
) -> list[Step]:
    """Return what it takes for tables to be up to date.

    Args:
        con: the warehouse.
        tables: the tables, each after those that it reads.
        days: the first and the last day; None for every batch that was ever published.
        lake: folder of the raw files.
        version: returns the version of a raw file, which may be known from before.
        restates_past: whether published batches of models and predictions are replaced, too.
    """
    plan, steps = _Plan(con, lake, version, restates_past), list[Step]()
    for table, of_table in _asked(con, tables, days):
        step = plan.step(table, of_table)
        if step.days or step.gone or step.stands:
            steps.append(step)
    return steps


def _asked(con: Backend, tables: Sequence[Table], days: tuple[dt.date, dt.date] | None) -> Iterator[tuple[Table, list[dt.date]]]:
    """Yield each table with the days that it takes."""
    if days:
        first, last = days
        yield from ((table, days_between(start, last)) for table, start in needed(tables, first))
        return
    for table in tables:
        ever = con.con.execute("select distinct batch_date from quality.ledger where asset = ? order by 1", [table.asset]).fetchall()
        yield table, [day for (day,) in ever]


class _Plan:
    """A plan in the making: what is known of the tables so far."""

    def __init__(self, con: Backend, lake: Path, version: Callable[[Path], str], restates_past: bool) -> None:
        self._con, self._lake, self._version, self._restates_past = con, lake, version, restates_past
        self._causes = Causes(con, lake, version)
        self._again: dict[str, set[dt.date]] = {}
        self._would: dict[str, set[dt.date]] = {}
        """The batches, by table, that are made again, and those that would be if all that stands were replaced, too."""

    def step(self, table: Table, days: Sequence[dt.date]) -> Step:
        """Return what becomes of a table's batches."""
        made = recorded(self._con, table.asset)
        gone = {day: self._causes.of_code(table, made[day][0]) for day in gone_days(self._con, table, days, self._lake)}
        step = Step(table, len(days), published=frozenset(made), gone=gone, pace=pace(self._con, table.asset))
        published = contents(self._con, table.upstreams, days) if days else {}
        there = {**{(upstream.asset, day): "" for upstream in table.upstreams for day in self._again.get(upstream.asset, ())}, **published}
        for day in sorted({*days} - {*gone}):
            stands = table.stands and day in made and not self._restates_past
            remade = _remade(table, day, self._would if stands else self._again)
            try:
                inputs = {upstream.asset: inputs_hash(there, upstream, day) for upstream in table.upstreams}
                inputs |= {f"lake.{table.source.name}": version_of(table.source, self._lake, day, self._version)} if table.source else {}
            except (LakeError, MissingBatchError) as error:
                if stands:
                    step.stands[day] = (Reason("what it was made from is not there any more"),)
                else:
                    step.refused.append(Refusal(day, error))
                continue
            reasons = self._causes.of(table, day, made.get(day), {asset: version for asset, version in inputs.items() if asset not in remade})
            verb = "would be" if stands else "is" if len(remade) == 1 else "are"
            follows = (Reason(f"{' and '.join(remade)} {verb} made again"),) if remade else ()
            if stands and (reasons or follows):
                step.stands[day] = reasons + follows
            elif reasons:
                step.certain[day] = reasons
            elif follows:
                step.may_follow[day] = follows
        self._again[table.asset] = {*step.certain, *step.may_follow}
        self._would[table.asset] = self._again[table.asset] | {*step.stands}
        return step


def _remade(table: Table, day: dt.date, again: Mapping[str, set[dt.date]]) -> list[str]:
    """Return the upstreams of which a batch reads one that is made again."""
    return [upstream.asset for upstream in table.upstreams if again.get(upstream.asset, set()) & set(window(day, upstream.look_back))]
