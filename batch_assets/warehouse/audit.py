"""Audit: the checks on staged rows before they are committed. They must obey the contract, be of the requested days, and add up.

Belongs here: everything that can reject a batch. Does not belong here: what a contract declares (`table/contract.py`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from pandera.errors import SchemaErrors

from ..content import WORDS, batch_hash
from ..engine.canonical import contents
from ..engine.staging import KEPT, RAW, REJECTED, STAGED, schema_of
from ..errors import BreachError, DefinitionError
from ..partitions import name_days
from ..settings import settings
from ..table.contract import MOST_BREACHES, PRIVATE, Contract
from ..table.lineage import columns_in
from ..table.table import Table
from .batch import Batch, Conserved, Receipt, Target

_RULES = {
    "greater_than": "{column} > {min_value}",
    "greater_than_or_equal_to": "{column} >= {min_value}",
    "less_than": "{column} < {max_value}",
    "less_than_or_equal_to": "{column} <= {max_value}",
    "isin": "{column} in {allowed_values}",
}
"""The pandera checks whose breaches can be counted in one query: by name, as SQL. As in pandera, a null breaks none of them."""

FEW_REJECTED = 0.05
"""Share of rejected rows that is never too large."""
MANY_TIMES = 4
"""So many times the usual share is too large."""
USUAL_BATCHES = 28
"""Batches before one, whose median share is the usual one."""
LEAST_ROWS = 50
"""Rows of a raw file below which its share says nothing."""
ONCE = "A table that reads the lake must return every input row exactly once, with a reject_reason if it is not accepted."
_PLACE = "batch_date, source_file, source_line"
_MADE = f"select {_PLACE} from {KEPT} union all select {_PLACE} from {REJECTED}"


def audit(con: Backend, target: Target, days: Sequence[dt.date], receipt: Receipt, measure: str | None) -> list[Batch]:
    """Check the staged batches; return the row counts, hash and total of each.

    Raises:
        BreachError: the rows break the contract, are of other days, or do not add up.
    """
    _check_contract(con, target, days)
    batches = _count(con, days, measure)
    _check_rows_in(con, batches, receipt)
    _check_share_rejected(con, target, batches, receipt)
    _check_sums(con, receipt.conserved)
    return batches


def to_conserve(con: Backend, table: Table, days: Sequence[dt.date]) -> list[Conserved]:
    """Return what an aggregate's columns must add up to, by what they are made from.

    Raises:
        DefinitionError: a column is a float, whose sum depends on the order of the rows.
    """
    found: list[Conserved] = []
    for upstream, pairs in table.conserves.items():
        floats = {f"{upstream}.{summed}" for summed in pairs.values() if table.schema_of(upstream)[summed].is_floating()}
        floats |= {made for made in pairs if table.contract.columns()[made].dtype.type.is_floating()}
        if floats:
            raise DefinitionError(f"{table.asset}: conserves {', '.join(sorted(floats))}, a float. Its sum is not exact: make it whole numbers or decimals.")
        sums = ", ".join(f"sum({_quoted(summed)})" for summed in pairs.values())
        asset = f'{table.layers.layer_of(upstream)}."{upstream}"'
        rows = con.con.execute(f"select batch_date, {sums} from {asset} where batch_date in (select unnest(?::date[])) group by 1", [list(days)]).fetchall()
        for place, (made, summed) in enumerate(pairs.items(), 1):
            found.append(Conserved(made, f"{upstream}.{summed}", dict.fromkeys(days, 0) | {row[0]: row[place] or 0 for row in rows}))
    return found


def hold(con: Backend, contract: type[Contract], relation: str) -> None:
    """Check the rows of a table or view against a contract, inside their engine.

    One query counts all breaches at once. Only if there are any, or if the contract has a check that the query cannot count, further
    queries describe them: pandera's, one per check, and ours for what pandera does not check inside an engine.

    Raises:
        BreachError: a row breaks the contract; the message names the column, the rule and a few values.
        DefinitionError: the rows and the contract have different columns.
    """
    found = schema_of(con, relation)
    if set(found) != set(contract.columns()):
        raise DefinitionError(f"columns {sorted(set(found) ^ set(contract.columns()))} are in the rows or in the contract {contract.__name__}, not in both")
    _check_types(contract, found)
    _check_finite(con, contract, relation)
    if _breaches(con, contract, relation) == 0 or _is_empty(con, relation):
        return
    told = [*_repeats(con, contract, relation), *_broken_rules(con, contract, relation)]
    try:
        contract.validate(con.table(relation), lazy=True)
    except SchemaErrors as breach:
        told += sorted({_told(case, contract) for kind in breach.message.values() for cases in kind.values() for case in cases})
    if told:
        raise BreachError("; ".join(told[:MOST_BREACHES]))


def _repeats(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the columns whose values are declared unique, and are not."""
    for name in _unique(contract):
        query = f"select {_quoted(name)} from {relation} where {_quoted(name)} is not null group by 1 having count(*) > 1 order by 1 limit {MOST_BREACHES}"
        if found := con.con.execute(query).fetchall():
            yield f"{name}: the values are not unique, such as {', '.join(_shown(contract, name, value) for (value,) in found)}"


def _broken_rules(con: Backend, contract: type[Contract], relation: str) -> Iterator[str]:
    """Tell of the rules between columns that rows break, with a few values of the columns that they are about."""
    for said, holds in contract.rules().items():
        rows = _rows_of(contract, relation)
        names = sorted(columns_in(holds(rows)), key=list(contract.columns()).index)
        broken = rows.filter(~holds(rows)).select(*names).order_by(names).limit(MOST_BREACHES)
        if found := con.con.execute(_sql(broken)).fetchall():
            values = "; ".join(", ".join(f"{name} {_shown(contract, name, value)}" for name, value in zip(names, row, strict=True)) for row in found)
            yield f"{said}: not so of {values}"


def _shown(contract: type[Contract], name: str, value: object) -> str:
    """Return a value as a message may show it."""
    return PRIVATE if name in contract.private() else str(value)[:100]


def _told(case: Mapping[str, str], contract: type[Contract]) -> str:
    """Return pandera's account of a breach; if it may show private values, no more than the rule that was broken."""
    private = contract.private()
    shows_values = case["column"] in private or (private and case["column"] not in contract.columns())
    return f"{case['column']}: {'breaks ' + case['check'] if shows_values else case['error']}"[:300]


def _check_contract(con: Backend, target: Target, days: Sequence[dt.date]) -> None:
    try:
        hold(con, target.contract, KEPT)
    except BreachError:
        for day in days:
            con.con.execute(f"create or replace temp view _kept_of_day as from {KEPT} where batch_date = '{day}'")
            try:
                hold(con, target.contract, "_kept_of_day")
            except BreachError as breach:
                raise BreachError(f"batch {day} breaks the contract: {breach}. The previous batch, if any, stays published.", day=day) from None
        raise
    strange = {day for (day,) in con.con.execute(f"select distinct batch_date from {STAGED}").fetchall()} - set(days)
    if strange:
        raise BreachError(
            f"rows of {', '.join(sorted(map(str, strange)))} among the batches {name_days(days)}. A table returns rows of the requested days only."
        )


def _count(con: Backend, days: Sequence[dt.date], measure: str | None) -> list[Batch]:
    counted, nothing = contents(con, KEPT, measure), batch_hash(schema_of(con, KEPT), 0, [0] * WORDS)
    rejected = dict(con.con.execute(f"select batch_date, count(*) from {REJECTED} group by batch_date").fetchall())
    batches: list[Batch] = []
    for day in days:
        kept, content, total = counted.get(day, (0, nothing, None))
        batches.append(Batch(day, kept, rejected.get(day, 0), content, total if total is None else round(float(total), 2)))
    return batches


def _check_rows_in(con: Backend, batches: Sequence[Batch], receipt: Receipt) -> None:
    if receipt.rows_in is not None:
        _check_places(con)
    for batch in batches:
        rows_in = receipt.rows_in[batch.day] if receipt.rows_in is not None else None
        if rows_in is not None and rows_in != batch.kept + batch.rejected:
            raise BreachError(
                f"batch {batch.day}: {rows_in} rows were read, {batch.kept} kept and {batch.rejected} rejected{_too_often(con)}. {ONCE}",
                day=batch.day,
            )
        if rows_in and not batch.kept and not receipt.may_keep_none:
            told = _reasons(con, batch.day)
            raise BreachError(f"batch {batch.day}: none of the {rows_in} rows was accepted: {told}. Is it the right file?", day=batch.day)


def _check_share_rejected(con: Backend, target: Target, batches: Sequence[Batch], receipt: Receipt) -> None:
    """Check that not far more rows of a raw file are rejected than of those before it: then the file is wrong, or the mart, and not the rows.

    Raises:
        BreachError: they are, and nobody has accepted it.
    """
    shares = {batch.day: batch.rejected / rows for batch in batches if (rows := (receipt.rows_in or {}).get(batch.day)) and rows >= LEAST_ROWS}
    for day, share in sorted(shares.items()):
        if share <= FEW_REJECTED or day in settings.accept_rejects.get(target.asset, ()):
            continue
        usual = median(_shares_before(con, target, day, shares) or [0.0])
        if share > MANY_TIMES * usual:
            raise BreachError(
                f"batch {day}: {share:.1%} of the rows were rejected, and usually {usual:.1%} are: {_reasons(con, day)}. "
                "Ask for the right file or mend the mart; if they are rejected rightly, accept it: "
                f'BATCH_ASSETS_ACCEPT_REJECTS=\'{{"{target.asset}": ["{day}"]}}\'',
                day=day,
            )


def _shares_before(con: Backend, target: Target, day: dt.date, coming: Mapping[dt.date, float]) -> list[float]:
    """Return the shares of the last batches before a day, of those that are coming and of those in the ledger."""
    query = f"""select batch_date, rows_rejected / rows_in from quality.batches
        where asset = ? and batch_date < ? and rows_in >= {LEAST_ROWS} order by 1 desc limit {USUAL_BATCHES}"""
    known = dict(con.con.execute(query, [target.asset, day]).fetchall()) | {before: share for before, share in coming.items() if before < day}
    return [known[before] for before in sorted(known, reverse=True)[:USUAL_BATCHES]]


def _reasons(con: Backend, day: dt.date) -> str:
    """Tell for which reasons most rows of a batch were rejected."""
    reasons = con.con.execute(
        f"""select reason, count(*) n, arg_min(source_file || ', line ' || source_line, source_line)
        from {REJECTED} where batch_date = ? group by 1 order by n desc, 1 limit 3""",
        [day],
    ).fetchall()
    return "; ".join(f"{reason} ({n} rows, the first is {first})" for reason, n, first in reasons)


def _check_places(con: Backend) -> None:
    """Check that each row of a raw file is in what was made of them, by its place; with as many rows made as read, each is there once.

    Raises:
        BreachError: a row is lost; the message also names those that are there twice in its stead, or come from nowhere.
    """
    lost = con.con.execute(f"select {_PLACE} from {RAW} anti join ({_MADE}) using ({_PLACE}) order by all limit {MOST_BREACHES + 1}").fetchall()
    if not lost:
        return
    day = lost[0][0]
    raise BreachError(f"batch {day}: {_places(lost)} of the raw rows is neither kept nor rejected{_too_often(con)}. {ONCE}", day=day)


def _too_often(con: Backend) -> str:
    """Name the places of rows that were made more than once."""
    doubled = con.con.execute(f"select {_PLACE} from ({_MADE}) group by all having count(*) > 1 order by all limit {MOST_BREACHES + 1}").fetchall()
    return f"; {_places(doubled)} is there more than once" if doubled else ""


def _places(rows: Sequence[tuple[dt.date, str, int]]) -> str:
    """Name a few places of rows."""
    told = [f"{file}, line {line}" for _, file, line in rows[:MOST_BREACHES]]
    return "; ".join(told) + " and more" * (len(rows) > MOST_BREACHES)


def _check_sums(con: Backend, conserved: Sequence[Conserved]) -> None:
    if not conserved:
        return
    sums = ", ".join(f"sum({_quoted(each.column)})" for each in conserved)
    found = {day: totals for day, *totals in con.con.execute(f"select batch_date, {sums} from {KEPT} group by 1").fetchall()}
    for place, each in enumerate(conserved):
        for day, expected in each.totals.items():
            total = (found[day][place] if day in found else None) or 0
            if total != expected:
                raise BreachError(f"batch {day}: {each.column} adds up to {total}, and {each.of}, which it is made from, to {expected}.", day=day)


def _check_types(contract: type[Contract], found: Mapping[str, Any]) -> None:
    """Check the columns' types; pandera cannot report a mismatch with a type that it does not know, such as an array."""
    pairs = {name: (found[name].copy(nullable=True), column.dtype.type.copy(nullable=True)) for name, column in contract.columns().items()}
    if told := [f"{name}: the rows have type {made}, the contract says {expected}" for name, (made, expected) in pairs.items() if made != expected]:
        raise BreachError("; ".join(told))


def _check_finite(con: Backend, contract: type[Contract], relation: str) -> None:
    """Check that numbers and times are finite: the engine and pandera treat NaN as greater than any limit, and an infinite time as a time."""
    kinds = {name: column.dtype.type for name, column in contract.columns().items()}
    names = [name for name, kind in kinds.items() if kind.is_floating() or kind.is_timestamp() or kind.is_date()]
    if not names:
        return
    counts = ", ".join(f"count(*) filter (not isfinite({_quoted(name)}))" for name in names)
    broken = dict(zip(names, con.con.execute(f"select {counts} from {relation}").fetchall()[0], strict=True))
    if told := [f"{name}: {count} values are not finite {'numbers' if kinds[name].is_floating() else 'times'}" for name, count in broken.items() if count]:
        raise BreachError("; ".join(told))


def _breaches(con: Backend, contract: type[Contract], relation: str) -> int | None:
    """Return how many times the rows break the contract; None if one query cannot tell."""
    if contract.to_schema().checks:
        return None
    broken = [f"count(*) - (select count(*) from (select distinct {', '.join(map(_quoted, contract.grain()))} from {relation}))"]
    for name, column in contract.columns().items():
        broken += [] if column.nullable else [f"count(*) filter ({_quoted(name)} is null)"]
        for check in column.checks:
            if check.name not in _RULES:
                return None
            values = {key: _literal(value) for key, value in check.statistics.items()}
            broken.append(f"count(*) filter (not {_RULES[check.name].format(column=_quoted(name), **values)})")
    broken += [f"count({_quoted(name)}) - count(distinct {_quoted(name)})" for name in _unique(contract)]
    broken += [f"({_sql(rows.filter(~holds(rows)).count())})" for rows in [_rows_of(contract, relation)] for holds in contract.rules().values()]
    return sum(con.con.execute(f"select {', '.join(broken)} from {relation}").fetchall()[0])


def _unique(contract: type[Contract]) -> list[str]:
    """Return the columns of which each value is there once."""
    return [name for name, column in contract.columns().items() if column.unique]


def _rows_of(contract: type[Contract], relation: str) -> ir.Table:
    return ibis.table(ibis.Schema.from_pyarrow(contract.arrow_schema()), name=relation)


def _sql(expression: ir.Expr) -> str:
    return str(ibis.duckdb.compile(expression))


def _is_empty(con: Backend, relation: str) -> bool:
    """Say whether there are no rows; pandera would report that an empty table breaks every rule."""
    return bool(con.con.execute(f"select not exists (from {relation})").fetchall()[0][0])


def _quoted(name: str) -> str:
    return f'"{name}"'


def _literal(value: Any) -> str:
    """Return a value, or a list of them, as SQL."""
    if isinstance(value, list | tuple | set | frozenset):
        return f"({', '.join(map(_literal, value))})"
    return repr(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"
