"""Column lineage: which upstream columns each column of a table is computed from, derived from its expression.

Columns that only filter or join rows do not count. A table whose rows are computed in Python has no column lineage.
"""

from collections.abc import Iterator

import ibis.expr.operations as ops
import ibis.expr.types as ir

Column = tuple[str, str]
"""The names of a table and of one of its columns."""


def column_lineage(expression: ir.Table) -> dict[str, list[Column]]:
    """Return, for each column of an expression over named tables, the upstream columns that it is computed from."""
    known: dict[tuple[int, str], frozenset[Column]] = {}
    relation = expression.op()
    return {name: sorted(_origins(relation, name, known)) for name in expression.columns}


def columns_in(value: ir.Value) -> set[str]:
    """Return the names of the columns that a value is computed from."""
    return {field.name for field in _fields(value.op())}


def _origins(relation: ops.Relation, name: str, known: dict[tuple[int, str], frozenset[Column]]) -> frozenset[Column]:
    key = (id(relation), name)
    if key not in known:
        known[key] = frozenset(_find(relation, name, known))
    return known[key]


def _find(relation: ops.Relation, name: str, known: dict[tuple[int, str], frozenset[Column]]) -> Iterator[Column]:
    if isinstance(relation, ops.UnboundTable):
        yield (relation.name, name)
    elif isinstance(relation, ops.Set):
        yield from _origins(relation.left, name, known) | _origins(relation.right, name, known)
    elif name in relation.values:
        for part in _fields(relation.values[name]):
            yield from _origins(part.rel, part.name, known)
    else:
        for parent in relation.__args__:
            if isinstance(parent, ops.Relation) and name in parent.schema:
                yield from _origins(parent, name, known)


def _fields(value: ops.Node) -> Iterator[ops.Field]:
    """Yield the fields a value is computed from, without descending into their relations."""
    if isinstance(value, ops.Field):
        yield value
    elif not isinstance(value, ops.Relation):
        for part in value.__children__:
            yield from _fields(part)
