"""Each thing once a day: of several good rows that are about one thing, the first or the last is kept, and the others are rejected.

Belongs here: choosing among rows that are good by themselves. Does not belong here: what makes a row good (each mart).
"""

import ibis
import ibis.expr.types as ir
from ibis import _


def first_of_each(judged: ir.Table, *key: str, otherwise: str) -> ir.Table:
    """Return rows with `reject_reason`, in which good ones after the first of a day and key have the reason `otherwise`."""
    return _one_of_each(judged, key, otherwise, [_.source_file, _.source_line])


def last_of_each(judged: ir.Table, *key: str, otherwise: str) -> ir.Table:
    """Return rows with `reject_reason`, in which good ones before the last of a day and key have the reason `otherwise`."""
    return _one_of_each(judged, key, otherwise, [ibis.desc(_.source_file), ibis.desc(_.source_line)])


def _one_of_each(judged: ir.Table, key: tuple[str, ...], otherwise: str, order: list[ir.Value]) -> ir.Table:
    alike = ibis.window(group_by=["batch_date", *key, judged.reject_reason.isnull()], order_by=order)
    is_another = ibis.row_number().over(alike) > 0
    return judged.mutate(reject_reason=ibis.coalesce(_.reject_reason, ibis.ifelse(is_another, otherwise, None)))
