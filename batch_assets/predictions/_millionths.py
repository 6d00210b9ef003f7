"""Sums of probabilities and contributions: as whole millionths, since sums of floats depend on the order of rows."""

import ibis.expr.types as ir

MILLION = 1_000_000


def total(value: ir.FloatingColumn, where: ir.BooleanValue | None = None) -> ir.IntegerScalar:
    """Return the sum of a column that has six decimals, in millionths; 0 of no rows."""
    return (value * MILLION).round().cast("int64").sum(where=where).cast("int64").fill_null(0)


def mean(sum_: ir.IntegerColumn, count: ir.IntegerColumn) -> ir.FloatingColumn:
    """Return the mean of a sum in millionths; null of none."""
    return sum_ / count.nullif(0) / float(MILLION)
