"""Which columns of an expression are plain sums of another table's column: of all its rows, so that both must add up to the same.

A sum of rows that the expression filters, or one with a condition, is not plain: what it leaves out stands in its code.
"""

from collections.abc import Iterator

import ibis.expr.operations as ops
import ibis.expr.types as ir

from batch_assets.table.lineage import Column


def plain_sums(expression: ir.Table) -> dict[str, set[Column]]:
    """Return, by column of an expression over named tables, the columns that it is a plain sum of."""
    relation = expression.op()
    found = {name: set(_summed(relation, name, within_a_sum=False)) for name in expression.columns}
    return {name: columns for name, columns in found.items() if columns}


def _summed(relation: ops.Relation, name: str, *, within_a_sum: bool) -> Iterator[Column]:
    if isinstance(relation, ops.UnboundTable):
        yield from [(relation.name, name)] * within_a_sum
    elif isinstance(relation, ops.Filter | ops.Limit | ops.Distinct | ops.Sample) and within_a_sum:
        return
    elif name in relation.values and not isinstance(relation, ops.Set):
        value = _bare(relation.values[name])
        if isinstance(value, ops.Sum) and value.where is None:
            value, within_a_sum = _bare(value.arg), True
        if isinstance(value, ops.Field):
            yield from _summed(value.rel, value.name, within_a_sum=within_a_sum)
    else:
        for parent in relation.__args__:
            if isinstance(parent, ops.Relation) and name in parent.schema:
                yield from _summed(parent, name, within_a_sum=within_a_sum)


def _bare(value: ops.Node) -> ops.Node:
    """Return a value without what leaves its number as it is: a name, a cast, a 0 in place of null."""
    while isinstance(value, ops.Alias | ops.Cast | ops.Coalesce):
        value = value.arg[0] if isinstance(value, ops.Coalesce) else value.arg
    return value
