"""Audit: the checks on staged rows before they are committed. They must obey the contract, be of the requested days, and add up.

Belongs here: everything that can reject a batch. Does not belong here: what a contract declares (`table/contract.py`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ibis.backends.duckdb import Backend
from pandera.errors import SchemaErrors

from ..content import WORDS, batch_hash
from ..engine.canonical import row_words
from ..engine.staging import KEPT, REJECTED, STAGED, schema_of
from ..errors import BreachError, DefinitionError
from ..partitions import name_days
from ..table.contract import MOST_BREACHES, Contract
from ..table.table import Table
from .batch import Batch, Receipt, Target

_RULES = {
    "greater_than": "{column} > {min_value}",
    "greater_than_or_equal_to": "{column} >= {min_value}",
    "less_than": "{column} < {max_value}",
    "less_than_or_equal_to": "{column} <= {max_value}",
    "isin": "{column} in {allowed_values}",
}
"""The pandera checks whose breaches can be counted in one query: by name, as SQL. As in pandera, a null breaks none of them."""


def audit(con: Backend, target: Target, days: Sequence[dt.date], receipt: Receipt, measure: str | None) -> list[Batch]:
    """Check the staged batches; return the row counts, hash and total of each.

    Raises:
        BreachError: the rows break the contract, are of other days, or do not add up.
    """
    _check_contract(con, target, days)
    batches = _count(con, days, measure)
    _check_conserved(con, batches, receipt)
    return batches


def totals_to_conserve(con: Backend, table: Table, days: Sequence[dt.date]) -> dict[str, dict[dt.date, int]]:
    """Return, by column of an aggregate and by day, the total that its upstream has."""
    totals: dict[str, dict[dt.date, int]] = {}
    for upstream, (read, made) in table.conserves.items():
        asset = f'{table.layers.layer_of(upstream)}."{upstream}"'
        query = f'select batch_date, sum("{read}") from {asset} where batch_date in (select unnest(?::date[])) group by 1'
        rows = con.con.execute(query, [list(days)]).fetchall()
        totals[made] = dict.fromkeys(days, 0) | {day: int(total) for day, total in rows}
    return totals


def hold(con: Backend, contract: type[Contract], relation: str) -> None:
    """Check the rows of a table or view against a contract, inside their engine.

    One query counts all breaches at once. pandera, which runs one query per check, is used only to describe breaches that
    were found, or if the contract has a check that the query cannot count.

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
    try:
        contract.validate(con.table(relation), lazy=True)
    except SchemaErrors as breach:
        told = {_told(case, contract) for kind in breach.message.values() for cases in kind.values() for case in cases}
        raise BreachError("; ".join(sorted(told)[:MOST_BREACHES])) from None


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
    schema = schema_of(con, KEPT)
    sums = ", ".join(f"sum({word})" for word in row_words(schema))
    total = f'sum("{measure}")' if measure else "null"
    counted = {
        day: (kept, total, words)
        for day, kept, total, *words in con.con.execute(f"""
            select batch_date, count(*), {total}, {sums} from {KEPT} group by batch_date""").fetchall()
    }
    rejected = dict(con.con.execute(f"select batch_date, count(*) from {REJECTED} group by batch_date").fetchall())
    batches: list[Batch] = []
    for day in days:
        kept, total, words = counted.get(day, (0, None, [0] * WORDS))
        batches.append(Batch(day, kept, rejected.get(day, 0), batch_hash(schema, kept, words), total if total is None else round(float(total), 2)))
    return batches


def _check_conserved(con: Backend, batches: Sequence[Batch], receipt: Receipt) -> None:
    for batch in batches:
        rows_in = receipt.rows_in[batch.day] if receipt.rows_in is not None else None
        if rows_in is not None and rows_in != batch.kept + batch.rejected:
            raise BreachError(
                f"batch {batch.day}: {rows_in} rows were read, {batch.kept} kept and {batch.rejected} rejected. "
                "A table that reads the lake must return every input row exactly once, with a reject_reason if it is not accepted.",
                day=batch.day,
            )
        if rows_in and not batch.kept and not receipt.may_keep_none:
            reasons = con.con.execute(
                f"""select reason, count(*) n, arg_min(source_file || ', line ' || source_line, source_line)
                from {REJECTED} where batch_date = ? group by 1 order by n desc, 1 limit 3""",
                [batch.day],
            ).fetchall()
            told = "; ".join(f"{reason} ({n} rows, the first is {first})" for reason, n, first in reasons)
            raise BreachError(f"batch {batch.day}: none of the {rows_in} rows was accepted: {told}. Is it the right file?", day=batch.day)
    for column, expected in (receipt.measures or {}).items():
        found = dict(con.con.execute(f'select batch_date, sum("{column}") from {KEPT} group by 1').fetchall())
        for day, total in expected.items():
            if int(found.get(day) or 0) != total:
                raise BreachError(f"batch {day}: {column} adds up to {found.get(day) or 0}, but the rows it was computed from add up to {total}.", day=day)


def _check_types(contract: type[Contract], found: Mapping[str, Any]) -> None:
    """Check the columns' types; pandera cannot report a mismatch with a type that it does not know, such as an array."""
    pairs = {name: (found[name].copy(nullable=True), column.dtype.type.copy(nullable=True)) for name, column in contract.columns().items()}
    if told := [f"{name}: the rows have type {made}, the contract says {expected}" for name, (made, expected) in pairs.items() if made != expected]:
        raise BreachError("; ".join(told))


def _check_finite(con: Backend, contract: type[Contract], relation: str) -> None:
    """Check that floats are finite: the engine and pandera treat NaN as greater than any limit."""
    names = [name for name, column in contract.columns().items() if column.dtype.type.is_floating()]
    if not names:
        return
    counts = ", ".join(f"count(*) filter (not isfinite({_quoted(name)}))" for name in names)
    broken = dict(zip(names, con.con.execute(f"select {counts} from {relation}").fetchall()[0], strict=True))
    if told := [f"{name}: {count} values are not finite numbers" for name, count in broken.items() if count]:
        raise BreachError("; ".join(told))


def _breaches(con: Backend, contract: type[Contract], relation: str) -> int | None:
    """Return how many times the rows break the contract; None if one query cannot tell."""
    broken = [f"count(*) - (select count(*) from (select distinct {', '.join(map(_quoted, contract.grain()))} from {relation}))"]
    for name, column in contract.columns().items():
        broken += [] if column.nullable else [f"count(*) filter ({_quoted(name)} is null)"]
        for check in column.checks:
            if check.name not in _RULES:
                return None
            values = {key: _literal(value) for key, value in check.statistics.items()}
            broken.append(f"count(*) filter (not {_RULES[check.name].format(column=_quoted(name), **values)})")
    return sum(con.con.execute(f"select {', '.join(broken)} from {relation}").fetchall()[0])


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
